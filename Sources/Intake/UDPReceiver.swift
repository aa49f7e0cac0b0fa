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
    /// How long a stop goes on taking what keeps coming in.
    private static let stopLimitNanoseconds: UInt64 = 500_000_000
    /// How long to wait after a system call has failed.
    private static let failureDelayMilliseconds: Int32 = 100

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
        var stopAt = UInt64.max
        while true {
            let stopping = stopping.load(ordering: .acquiring)
            if stopping, stopAt == .max { stopAt = Clock.monotonic() + Self.stopLimitNanoseconds }
            let wait: Int32 = stopping ? 0 : lane.isEmpty ? 1000 : Self.batchDelayMilliseconds
            let count = unsafe waxwing_udp_receive(handle, wait)
            if count < 0 {
                logger.error("receiving UDP failed", metadata: ["error": "\(unsafe String(cString: strerror(errno)))"])
                _ = poll(nil, 0, Self.failureDelayMilliseconds)
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
            if stopping && (count <= 0 || now >= stopAt) { return lane.flush() }
        }
    }

    private func take(_ count: Int, _ lane: IntakeLane, _ counters: ListenerCounters) {
        lane.renew(&source)
        guard let datagrams = unsafe waxwing_udp_datagrams(handle) else { return }
        var dropped: UInt64 = 0
        for i in 0..<count {
            let datagram = unsafe datagrams[i]
            if let new = unsafe datagram.peer, unsafe waxwing_same_host(new, &peer) == 0 {
                countDrops(&dropped, lane)
                unsafe setPeer(new, lane)
            }
            let bytes = unsafe RawSpan(_unsafeStart: datagram.bytes, byteCount: datagram.length)
            let (frame, originalLength) = Framer.datagram(bytes, limit: frameLimit)
            if frame.isEmpty {
                counters.empty.add()
            } else if !lane.append(bytes.extracting(frame), originalLength: originalLength, source: source) {
                dropped += 1
            }
        }
        countDrops(&dropped, lane)
    }

    /// Counts what the present peer has lost: once for many datagrams, since a drop must cost less than a record.
    private func countDrops(_ dropped: inout UInt64, _ lane: IntakeLane) {
        guard dropped > 0 else { return }
        lane.noteDropped(dropped, source: source.address.text)
        dropped = 0
    }

    /// Puts the peer's address into text, which takes longer than the rest of the work: only when it changes.
    private func setPeer(_ new: UnsafePointer<sockaddr_storage>, _ lane: IntakeLane) {
        peer = unsafe new.pointee
        unsafe withUnsafeTemporaryAllocation(byteCount: PeerAddress.lengthMax + 1, alignment: 1) { text in
            let length = unsafe waxwing_address_text(
                new, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
            source.address = unsafe PeerAddress(
                RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: text[..<length])))
        }
        lane.renew(&source)
    }
}
