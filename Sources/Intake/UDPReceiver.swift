import Batch
import CSocket
import Glibc
import Logging
import Synchronization
import Syslog

/// One UDP socket and the loop that empties it.
@safe
final class UDPReceiver: @unchecked Sendable {
    /// Datagrams taken with one system call.
    private static let slots = 128
    /// The longest UDP payload.
    private static let slotSize = 65_536
    /// How long a batch that is not full waits for more.
    private static let batchDelayMilliseconds: Int32 = 2

    private let handle: OpaquePointer
    private var peer = sockaddr_storage()
    private var source: Source
    private let frameLimit: Int
    private let stopping = Atomic<Bool>(false)

    init(_ options: UDPListener.Options, port: Int, _ logger: Logger) throws(BindError) {
        let shared: Int32 = options.sockets > 1 ? 1 : 0
        guard
            let handle = unsafe waxwing_udp_open(options.host, UInt16(port), shared, Self.slots, Self.slotSize)
        else { throw BindError(address: "udp \(options.host):\(port)", code: errno) }
        unsafe self.handle = unsafe handle
        frameLimit = options.policy.frameLimit
        source = Source(receivedAt: Timestamp.now())
        let granted = unsafe waxwing_udp_set_receive_buffer(handle, options.receiveBuffer)
        if granted < options.receiveBuffer {
            logger.warning(
                "the system grants a smaller UDP receive buffer than asked for: bursts may be lost",
                metadata: [
                    "listener": "udp \(options.host):\(port)", "asked": "\(options.receiveBuffer)",
                    "granted": "\(granted)",
                    "remedy": "sysctl -w net.core.rmem_max=\(options.receiveBuffer), or run with CAP_NET_ADMIN",
                ])
        }
    }

    deinit { unsafe waxwing_udp_close(handle) }

    var port: Int { Int(unsafe waxwing_udp_port(handle)) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        unsafe waxwing_udp_wake(handle)
    }

    func run(_ lane: IntakeLane, _ counters: ListenerCounters, _ logger: Logger) {
        var kernelDrops: UInt32 = 0
        var flushAt: UInt64 = 0
        while true {
            let stopping = stopping.load(ordering: .acquiring)
            let wait: Int32 = stopping ? 0 : lane.isEmpty ? 1000 : Self.batchDelayMilliseconds
            let count = unsafe waxwing_udp_receive(handle, wait)
            if count < 0 {
                logger.error("receiving UDP failed", metadata: ["errno": "\(errno)"])
            }
            let drops = unsafe waxwing_udp_kernel_drops(handle)
            // The number that comes with a datagram is of when the kernel took it in, and may be older than one just read.
            if Int32(bitPattern: drops &- kernelDrops) > 0 {
                counters.kernelDrops.add(UInt64(drops &- kernelDrops))
                lane.queue.noteLost(UInt64(drops &- kernelDrops))
                kernelDrops = drops
            }
            let now = Clock.monotonic()
            if count > 0 {
                if lane.isEmpty { flushAt = now + UInt64(Self.batchDelayMilliseconds) * 1_000_000 }
                take(Int(count), lane, counters)
            }
            if !lane.isEmpty && (now >= flushAt || count <= 0) { lane.flush() }
            if stopping && count <= 0 { return }
        }
    }

    private func take(_ count: Int, _ lane: IntakeLane, _ counters: ListenerCounters) {
        source.receivedAt = Timestamp.now()
        guard let datagrams = unsafe waxwing_udp_datagrams(handle) else { return }
        for i in 0..<count {
            let datagram = unsafe datagrams[i]
            if let peer = unsafe datagram.peer { unsafe setPeer(peer) }
            let bytes = unsafe RawSpan(_unsafeStart: datagram.bytes, byteCount: datagram.length)
            let frame = Framer.datagram(bytes)
            guard !frame.isEmpty else {
                counters.empty.add()
                continue
            }
            if lane.queue.isFull {
                counters.noteDrop(source: source.address.text)
                lane.queue.noteLost(1)
                continue
            }
            let cutFrom = frame.count > frameLimit ? unsafe datagram.original_length : 0
            lane.append(bytes.extracting(frame.prefix(frameLimit)), originalLength: cutFrom, source: source)
        }
    }

    /// Puts the peer's address into text, which takes longer than the rest of the work, only when it changes.
    private func setPeer(_ new: UnsafePointer<sockaddr_storage>) {
        guard unsafe waxwing_same_host(new, &peer) == 0 else { return }
        peer = unsafe new.pointee
        unsafe withUnsafeTemporaryAllocation(byteCount: PeerAddress.lengthMax + 1, alignment: 1) { text in
            let length = unsafe waxwing_address_text(
                new, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
            source.address = unsafe PeerAddress(
                RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: text[..<length])))
        }
    }
}
