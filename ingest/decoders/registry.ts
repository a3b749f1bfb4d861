/** The decoders of devices' own messages, one line each. */
import { chirpstackDecoder } from './chirpstack.ts';
import type { Decoder } from './decoder.ts';
import { dpDecoder } from './dp.ts';
import { jsonDecoder, jsonPointerDecoder } from './json-push.ts';

export const DECODERS: { readonly [name: string]: Decoder } = {
  dp: dpDecoder,
  chirpstack: chirpstackDecoder,
  json: jsonDecoder,
  'json-pointer': jsonPointerDecoder,
};

export const decoderOf = (name: string): Decoder | undefined =>
  Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
