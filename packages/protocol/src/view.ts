/** A buffer as numbers of several bytes: the view of the one that was asked for last is kept. */
export class LastView {
  private bytes: Buffer | null = null
  private view: DataView = new DataView(new ArrayBuffer(0))

  of (bytes: Buffer): DataView {
    if (bytes !== this.bytes) {
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      this.bytes = bytes
    }
    return this.view
  }
}
