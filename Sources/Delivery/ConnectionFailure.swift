import Glibc
import NIOCore
import NIOPosix
import TLS

/// Says in words why a connection could not be made.
public enum ConnectionFailure {
    public static func describe(_ error: any Error) -> String {
        let first = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        guard let failure = first as? IOError else { return TLSFailure.describe(first) }
        return unsafe String(cString: strerror(failure.errnoCode))
    }
}
