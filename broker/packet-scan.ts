/**
 * Watches the fixed headers of an MQTT stream (3.1.1, clause 2.2), so that a packet is refused by its announced length
 * before a byte of it is kept: the parser behind would hold up to 256 MiB for anybody, signed in or not.
 */

export type ScanLimits = { readonly firstPacketBytes: number; readonly packetBytes: number };
export type ScanFault = 'not-connect' | 'first-too-large' | 'too-large' | 'length';

const CONNECT = 1;
const MAX_LENGTH_BYTES = 4;

/** Feeds on chunks as they come from the socket; answers the first fault and from then on nothing useful. */
export function createPacketScan(limits: ScanLimits): (chunk: Uint8Array) => ScanFault | undefined {
  let isFirst = true;
  /** Bytes of the present packet's body still to come. */
  let bodyLeft = 0;
  /** Length bytes read so far; −1 while the packet's first byte is awaited. */
  let lengthBytes = -1;
  let length = 0;

  const finishHeader = (): ScanFault | undefined => {
    const limit = isFirst ? limits.firstPacketBytes : limits.packetBytes;
    if (length > limit) return isFirst ? 'first-too-large' : 'too-large';
    isFirst = false;
    bodyLeft = length;
    lengthBytes = -1;
    return undefined;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (lengthBytes < 0) {
        if (isFirst && byte >> 4 !== CONNECT) return 'not-connect';
        lengthBytes = 0;
        length = 0;
        continue;
      }
      length += (byte & 0x7f) * 128 ** lengthBytes;
      lengthBytes++;
      if ((byte & 0x80) === 0) {
        const fault = finishHeader();
        if (fault !== undefined) return fault;
      } else if (lengthBytes === MAX_LENGTH_BYTES) return 'length';
    }
    return undefined;
  };
}
