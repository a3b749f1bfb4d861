/** The default alphabet of 3GPP TS 23.038 (6.2.1) with its extension, and septets packed into octets (6.1.2.1). */

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const ESCAPE = 0x1b;
const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
]);

/** `skipBits` passes over the fill bits that follow a user data header. */
export function unpackSeptets(octets: Uint8Array, count: number, skipBits = 0): readonly number[] {
  const septets: number[] = [];
  for (let n = 0; n < count; n++) {
    const bit = skipBits + n * 7;
    const at = bit >> 3;
    const pair = (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8);
    septets.push((pair >> (bit & 7)) & 0x7f);
  }
  return septets;
}

/** An escape before what the extension does not have shows the plain character (6.2.1.1, note 1); two escapes are a space. */
export function textOfSeptets(septets: readonly number[]): string {
  let text = '';
  let escaped = false;
  for (const septet of septets) {
    if (septet === ESCAPE) {
      if (escaped) text += ' ';
      escaped = !escaped;
      continue;
    }
    text += (escaped ? EXTENSION.get(septet) : undefined) ?? BASIC[septet] ?? '';
    escaped = false;
  }
  return text;
}
