/** CRC-8 of SL/T 427-2021: polynomial E5H, start 0, highest bit first, over everything from C to the end of the data. */

const TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) === 0 ? crc << 1 : ((crc << 1) ^ 0xe5) & 0xff;
  return crc & 0xff;
});

export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = TABLE[crc ^ byte] as number;
  return crc;
}
