/** The speech modules that an edge can speak through; a new one is one file and one line here. */
import { syn6288 } from './syn6288.ts';

export type SpeechReply = 'ready' | 'taken' | 'refused' | 'busy' | 'idle';

export type SpeechProtocol = {
  /** One frame a piece; the next goes out when the module is idle again. */
  readonly speakFrames: (text: string) => readonly Uint8Array[];
  readonly stopFrame: () => Uint8Array;
  /** Every reply is one byte; undefined for noise. */
  readonly replyOf: (byte: number) => SpeechReply | undefined;
};

export const SPEECH_PROTOCOLS = { syn6288 } as const satisfies { readonly [name: string]: SpeechProtocol };
