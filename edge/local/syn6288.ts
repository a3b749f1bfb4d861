/**
 * Frames of the SYN6288 speech module (data sheet of 2010-02-22, chapters on the communication protocol): head FD, length of
 * what follows in two bytes, command, parameter, text, and the XOR of everything before. See docs/protocols/speaker.md.
 */
import type { SpeechProtocol, SpeechReply } from './speech-protocols.ts';

const HEAD = 0xfd;
const SPEAK = 0x01;
const STOP = 0x02;
/** Encoding 3 is Unicode, two bytes a character, the high one first; no music behind it. */
const UNICODE = 0x03;
/** A frame carries 200 bytes of text. */
const MAX_CHARS = 100;
/** Foreground volume, 0 to 16, as a mark within the text. */
const LOUDEST = '[v16]';

const REPLIES: { readonly [code: number]: SpeechReply } = {
  74: 'ready', // 4A: initialised
  65: 'taken', // 41: the frame was right
  69: 'refused', // 45: it was not
  78: 'busy', // 4E: speaking
  79: 'idle', // 4F: nothing to say any more
};

function frame(command: number, data: readonly number[]): Uint8Array {
  const length = data.length + 2;
  const body = [HEAD, length >> 8, length & 0xff, command, ...data];
  return Uint8Array.of(
    ...body,
    body.reduce((sum, byte) => sum ^ byte, 0),
  );
}

const unicode = (text: string): number[] =>
  Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)).flatMap((unit) => [unit >> 8, unit & 0xff]);

/** Cut behind a sentence or a comma where there is one, so that no word is torn. */
function cut(text: string, most: number): readonly string[] {
  if (text.length <= most) return [text];
  const head = text.slice(0, most);
  const at = Math.max(...['。', '！', '，', '；', ' '].map((mark) => head.lastIndexOf(mark)));
  const end = at > 0 ? at + 1 : most;
  return [text.slice(0, end), ...cut(text.slice(end), most)];
}

export const syn6288: SpeechProtocol = {
  speakFrames: (text) =>
    cut(text, MAX_CHARS - LOUDEST.length).map((part) => frame(SPEAK, [UNICODE, ...unicode(LOUDEST + part)])),
  stopFrame: () => frame(STOP, []),
  replyOf: (byte) => REPLIES[byte],
};
