import Glibc

/// How much room the disks have.
public enum FreeSpace {
    /// Bytes that may be written to the disk of `folder`, or of the closest one around it that is there.
    public static func bytes(of folder: String) -> UInt64? {
        var folder = folder
        var status = statvfs()
        while unsafe statvfs(folder, &status) != 0 {
            guard errno == ENOENT, folder != ".", folder != "/" else { return nil }
            folder = TrialFileSystem.folder(of: folder)
        }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
