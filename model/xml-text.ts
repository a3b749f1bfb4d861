/**
 * Bytes of an XML document that came from outside, as text: the declared encoding, a size that is bounded, and none of what
 * hostile documents are made of (a document type and its entities). Whoever takes XML asks here first.
 */
import { err, ok, type Result } from '#model/result.ts';

export const XML_LIMIT_BYTES = 1_048_576;

/** What the declaration may say, and the decoder that reads it; anything else is refused rather than guessed. */
const ENCODINGS: { readonly [declared: string]: string } = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  'utf-16': 'utf-16le',
};

function encodingOf(bytes: Uint8Array): Result<string, string> {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return ok('utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return ok('utf-16be');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return ok('utf-8');
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const declared = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']{1,40})["']/.exec(head)?.[1];
  if (declared === undefined) return ok('utf-8');
  const known = ENCODINGS[declared.toLowerCase()];
  return known === undefined ? err(`the encoding ${declared} is not read here; send UTF-8 or GB18030`) : ok(known);
}

/** The characters that XML 1.0 does not allow anywhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** The text, or why it is refused. */
export function decodeXml(bytes: Uint8Array, limitBytes = XML_LIMIT_BYTES): Result<string, string> {
  if (bytes.length === 0) return err('the document is empty');
  if (bytes.length > limitBytes) return err(`the document is larger than ${limitBytes} bytes`);
  const encoding = encodingOf(bytes);
  if (!encoding.ok) return encoding;
  let text: string;
  try {
    text = new TextDecoder(encoding.value, { fatal: true }).decode(bytes);
  } catch {
    return err(`the document is not valid ${encoding.value}`);
  }
  return refuseHostile(text);
}

/** Of a text that is decoded already. */
export function refuseHostile(text: string): Result<string, string> {
  if (text.length > XML_LIMIT_BYTES) return err(`the document is larger than ${XML_LIMIT_BYTES} characters`);
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text))
    return err('a document type or entities of its own are refused: no message needs them');
  if (FORBIDDEN.test(text)) return err('there is a control character that XML does not allow');
  return ok(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write them
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ESCAPES: { readonly [raw: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML cannot hold is replaced, not passed on; a carriage return would come back as a line feed. */
export const escapeXml = (raw: string): string =>
  raw
    .toWellFormed()
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"']/g, (found) => ESCAPES[found] ?? found)
    .replace(/\r/g, '&#13;');
