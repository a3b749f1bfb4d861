/** The payload codecs of small radio devices, one file and one line each. */
import type { Codec } from './decoder.ts';
import { gs524nCodec } from './gs524n.ts';
import { ra02gCodec } from './ra02g.ts';
import { tg563aCodec } from './tg563a.ts';

export const CODECS: { readonly [name: string]: Codec } = {
  'milesight-gs524n': gs524nCodec,
  tg563a: tg563aCodec,
  'netvox-ra02g': ra02gCodec,
};
