/// The entry that libFuzzer calls; built only by `make fuzz`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start = unsafe start else { return 0 }
    unsafe fuzzRecognition(RawSpan(_unsafeStart: start, byteCount: count))
    return 0
}
