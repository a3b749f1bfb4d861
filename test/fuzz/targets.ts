/** What is fuzzed, one line each at the end: valid seeds, what is done with spoiled bytes, how a checksum is set right. */
import { linkTargets } from '#test/fuzz/link-targets.ts';
import { messageTargets } from '#test/fuzz/message-targets.ts';
import { modbusTargets } from '#test/fuzz/modbus-targets.ts';

export type Verdict = { readonly accepted: boolean; readonly finding?: string };

export type FuzzTarget = {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Must not throw; a finding is what must never be: a frame taken whose checksum is wrong, a value that is none. */
  readonly run: (bytes: Uint8Array) => Verdict;
  /** Makes the checksum right again, so that what lies behind it is reached. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
};

export const FUZZ_TARGETS: readonly FuzzTarget[] = [...modbusTargets, ...linkTargets, ...messageTargets];
