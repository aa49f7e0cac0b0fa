"""Real rsyslog and syslog-ng, unpacked from Debian packages beside the build and never installed: the two packages
conflict with each other, and a check has no business changing what logs on the machine it runs on."""

import os
import re
import shutil
import subprocess

from . import places

PACKAGES = {"rsyslog": ["rsyslog", "rsyslog-openssl", "rsyslog-gnutls"], "syslog-ng": ["syslog-ng-core"]}
FOLDER = places.SCRATCH / "peers"
LIBRARIES = f"usr/lib/{os.uname().machine}-linux-gnu"
VERBATIM_LINE_LIMIT = 128 << 10


# MARK: - Packages


def _apt(arguments, private, folder=None):
    """Runs an apt-get that changes nothing; `private` keeps its own package lists, for users who cannot update."""
    options = []
    if private:
        state = FOLDER / "apt"
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        options = [
            "-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}/cache", "-o", "Debug::NoLocking=1",
            "-o", "APT::Sandbox::User="]
    command = ["apt-get", "-qq", *options, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout


def _wanted(packages, private):
    """`packages` and those of their dependencies that the machine has not."""
    plan = _apt(["--simulate", "--no-install-recommends", "install", *packages], private)
    return sorted({*packages, *re.findall(r"^Inst (\S+)", plan, re.MULTILINE)})


def _unpack(name):
    """The root folder of the unpacked peer."""
    root = FOLDER / name
    if (root / "complete").exists():
        return root
    archives = FOLDER / f"{name}.archives"
    archives.mkdir(parents=True, exist_ok=True)
    archives.chmod(0o777)  # apt-get downloads as a user of its own.
    try:
        _download(PACKAGES[name], archives, private=False)
    except subprocess.CalledProcessError:
        _apt(["update"], private=True)
        _download(PACKAGES[name], archives, private=True)
    for archive in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", archive, root], check=True)
    shutil.rmtree(archives)
    (root / "complete").touch()
    return root


def _download(packages, folder, private):
    wanted = _wanted(packages, private)
    print(f"Unpacking beside the build: {' '.join(wanted)}", flush=True)
    _apt(["download", *wanted], private, folder)


def unpack_all():
    for name in PACKAGES:
        _unpack(name)


def _library_path(root):
    return ":".join(str(root / folder) for folder in ("usr/lib/syslog-ng", LIBRARIES, LIBRARIES.removeprefix("usr/")))


# MARK: - rsyslog


def start_rsyslog(workshop, name, configuration):
    """An rsyslogd with this configuration (RainerScript), in its own working folder."""
    root = _unpack("rsyslog")
    folder = workshop.path(name)
    folder.mkdir()
    file = folder / "rsyslog.conf"
    file.write_text(configuration.replace("@FOLDER@", str(folder)))
    modules = root / LIBRARIES / "rsyslog"
    return workshop.start(
        name, [root / "usr/sbin/rsyslogd", "-n", "-f", file, "-i", folder / "pid", "-M", modules],
        environment={"LD_LIBRARY_PATH": _library_path(root)})


def rsyslog_forwarder(listen, target, transport, octet_counted=False, template="RSYSLOG_SyslogProtocol23Format"):
    """Takes LF-ended records on TCP port `listen` and forwards them by omfwd, as a user's own rsyslog does."""
    framing = 'TCP_Framing="octet-counted"' if octet_counted else ""
    return f"""
global(workDirectory="@FOLDER@" maxMessageSize="64k")
module(load="imptcp")
input(type="imptcp" port="{listen}" address="127.0.0.1")
action(type="omfwd" target="127.0.0.1" port="{target}" protocol="{transport}" {framing} template="{template}"
       queue.type="LinkedList" queue.size="100000" action.resumeRetryCount="-1" action.resumeInterval="1")
"""


def rsyslog_tls_forwarder(listen, target, certificate):
    """Like rsyslog_forwarder over TLS, x509/name both ways, showing our `certificate`."""
    return f"""
global(workDirectory="@FOLDER@" maxMessageSize="64k"
       defaultNetstreamDriverCAFile="{places.certificate("ca")}"
       defaultNetstreamDriverCertFile="{places.certificate(certificate)}"
       defaultNetstreamDriverKeyFile="{places.certificate_key(certificate)}")
module(load="imptcp")
input(type="imptcp" port="{listen}" address="127.0.0.1")
action(type="omfwd" target="127.0.0.1" port="{target}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format"
       streamDriver="ossl" streamDriverMode="1" streamDriverAuthMode="x509/name" streamDriverPermittedPeers="localhost"
       queue.type="LinkedList" queue.size="100000" action.resumeRetryCount="-1" action.resumeInterval="1")
"""


def rsyslog_collector(port, output, driver, client_name):
    """TLS with x509/name both ways; writes each record as it came.

    %rawmsg% is the frame as received, PRI included (%rawmsg-after-pri% would lose it), but only with the escaping of
    control characters off: rsyslog otherwise turns a tab into #011.
    """
    return f"""
global(workDirectory="@FOLDER@" maxMessageSize="{VERBATIM_LINE_LIMIT}"
       parser.escapeControlCharactersOnReceive="off"
       defaultNetstreamDriverCAFile="{places.certificate("ca")}"
       defaultNetstreamDriverCertFile="{places.certificate("server")}"
       defaultNetstreamDriverKeyFile="{places.certificate_key("server")}")
module(load="imtcp" streamDriver.name="{driver}" streamDriver.mode="1" streamDriver.authMode="x509/name"
       permittedPeer=["{client_name}"])
template(name="verbatim" type="string" string="%rawmsg%\\n")
ruleset(name="keep") {{ action(type="omfile" file="{output}" template="verbatim") }}
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="keep")
"""


def rsyslog_relay(listen, target):
    """The benchmark's rival: every record through a disk queue, then TLS."""
    return f"""
global(workDirectory="@FOLDER@" maxMessageSize="64k" defaultNetstreamDriverCAFile="{places.certificate("ca")}")
module(load="imptcp")
ruleset(name="relay" queue.type="FixedArray" queue.size="50000" queue.dequeueBatchSize="1024") {{
    action(type="omfwd" target="127.0.0.1" port="{target}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"
           streamDriver="ossl" streamDriverMode="1" streamDriverAuthMode="x509/name"
           streamDriverPermittedPeers="localhost"
           queue.type="Disk" queue.filename="relay" queue.maxDiskSpace="20g" queue.dequeueBatchSize="1024"
           queue.checkpointInterval="10000" action.resumeRetryCount="-1" action.resumeInterval="1")
}}
input(type="imptcp" port="{listen}" address="127.0.0.1" ruleset="relay" threads="2")
"""


# MARK: - syslog-ng


def start_syslog_ng(workshop, name, configuration):
    """A syslog-ng with this configuration, in its own working folder."""
    root = _unpack("syslog-ng")
    folder = workshop.path(name)
    folder.mkdir()
    file = folder / "syslog-ng.conf"
    modules = next((root / "usr/lib/syslog-ng").glob("[0-9]*"))
    file.write_text(f"@version: {modules.name}\n@define shared {root}/usr/share/syslog-ng\n"
                    + configuration.replace("@FOLDER@", str(folder)))
    return workshop.start(
        name,
        [root / "usr/sbin/syslog-ng", "--foreground", "--no-caps", "--cfgfile", file,
         "--persist-file", folder / "persist", "--pidfile", folder / "pid", "--control", folder / "control",
         "--module-path", modules],
        environment={"LD_LIBRARY_PATH": _library_path(root)})


def syslog_ng_collector(port, output):
    """TLS with peers verified both ways; writes each record as it came. With no-parse, $MSG is the whole frame."""
    return f"""
options {{ log-msg-size({VERBATIM_LINE_LIMIT}); use-dns(no); stats-freq(0); flush-lines(1); }};
source relay {{
    syslog(ip(127.0.0.1) port({port}) transport("tls") flags(no-parse) tls(
        key-file("{places.certificate_key("server")}") cert-file("{places.certificate("server")}")
        ca-file("{places.certificate("ca")}") peer-verify(required-trusted)));
}};
destination kept {{ file("{output}" template("$MSG\\n")); }};
log {{ source(relay); destination(kept); }};
"""


def syslog_ng_relay(listen, target):
    """The benchmark's rival: every record through a reliable disk buffer, then TLS."""
    return f"""
options {{ threaded(yes); flush-lines(1000); stats-freq(0); keep-hostname(yes); use-dns(no); log-msg-size(65536); }};
source relay {{
    network(ip(127.0.0.1) port({listen}) transport("tcp") flags(syslog-protocol) max-connections(64)
            log-iw-size(200000) log-fetch-limit(1000) so-rcvbuf(1048576));
}};
destination collector {{
    network("localhost" port({target}) transport("tls") flags(syslog-protocol) ip-protocol(4)
            tls(ca-file("{places.certificate("ca")}") peer-verify(required-trusted))
            disk-buffer(reliable(yes) mem-buf-size(67108864) disk-buf-size(8589934592) dir("@FOLDER@")));
}};
log {{ source(relay); destination(collector); flags(flow-control); }};
"""
