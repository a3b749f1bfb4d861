/** Modbus TCP framing: transaction, protocol 0, length, unit (Modbus messaging on TCP/IP 3.1.3). */

export type MbapRequest = { readonly transaction: number; readonly unitId: number; readonly pdu: Uint8Array };
export type MbapTaken =
  | { readonly kind: 'ok'; readonly rest: Uint8Array; readonly requests: readonly MbapRequest[] }
  /** The stream is no Modbus TCP: where a frame would begin is unknown, so the connection ends. */
  | { readonly kind: 'malformed'; readonly requests: readonly MbapRequest[]; readonly message: string };

export function takeMbap(buffered: Uint8Array, chunk: Uint8Array): MbapTaken {
  let bytes = new Uint8Array(buffered.length + chunk.length);
  bytes.set(buffered, 0);
  bytes.set(chunk, buffered.length);
  const requests: MbapRequest[] = [];
  while (bytes.length >= 7) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const protocol = view.getUint16(2);
    const length = view.getUint16(4);
    if (protocol !== 0) return { kind: 'malformed', requests, message: `protocol ${protocol} is not 0` };
    if (length < 2 || length > 254) return { kind: 'malformed', requests, message: `length ${length} is not 2 to 254` };
    if (bytes.length < 6 + length) break;
    requests.push({ transaction: view.getUint16(0), unitId: bytes[6] ?? 0, pdu: bytes.slice(7, 6 + length) });
    bytes = bytes.slice(6 + length);
  }
  return { kind: 'ok', rest: bytes, requests };
}

export function sealMbap(transaction: number, unitId: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + 7);
  const view = new DataView(frame.buffer);
  view.setUint16(0, transaction & 0xffff);
  view.setUint16(4, pdu.length + 1);
  frame[6] = unitId;
  frame.set(pdu, 7);
  return frame;
}
