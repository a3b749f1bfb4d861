/** Walks the units of one open line: who answers, and which profiles fit. Stops between two requests when it is told to. */
import type { FieldLine } from '#cli/io/field-line.ts';
import type { DeviceFile } from '#cli/load/devices.ts';
import { type Answered, byFit, type Fit, judgeFit, requestsToFit } from '#cli/unit-reading.ts';
import type { ReadRequest } from '#edge/modbus/frame.ts';

export type FoundUnit = {
  readonly unitId: number;
  /** `FC03`, or `exception 2 to FC03`. */
  readonly by: string;
  readonly tookMs: number;
  readonly fits: readonly Fit[];
};
export type WalkReport = {
  readonly found: readonly FoundUnit[];
  /** Units at whose turn bytes came that were no answer: another speed, two units with one id, noise. */
  readonly disturbed: readonly number[];
  readonly asked: number;
};
export type WalkOptions = {
  readonly units: readonly number[];
  readonly timeoutMs: number;
  readonly files: readonly DeviceFile[];
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, found: number) => void;
};

const PROBED = [3, 4] as const;
/** A unit that was heard too late is asked again with so many times the patience. */
const LATE_FACTOR = 4;
/** A profile that the unit does not have is given up at its first silence. */
const FIT_FACTOR = 3;

type Heard = { readonly by: string; readonly tookMs: number } | 'silent' | 'disturbed';

async function hear(line: FieldLine, unitId: number, timeoutMs: number): Promise<Heard> {
  let isDisturbed = false;
  for (const functionCode of PROBED) {
    const { outcome, tookMs } = await line.ask({ unitId, functionCode, address: 0, count: 1 }, timeoutMs);
    const name = `FC0${functionCode}`;
    if (outcome.kind === 'reply') return { by: name, tookMs };
    // A refusal is an answer too: the unit is there.
    if (outcome.kind === 'exception') return { by: `exception ${outcome.code} to ${name}`, tookMs };
    if (outcome.kind === 'garbled') isDisturbed = true;
  }
  return isDisturbed ? 'disturbed' : 'silent';
}

async function fitsOf(line: FieldLine, unitId: number, options: WalkOptions): Promise<readonly Fit[]> {
  /** The same registers belong to several models and are asked for once. */
  const known = new Map<string, readonly number[] | null>();
  const wordsOf = async (request: ReadRequest): Promise<readonly number[] | null> => {
    const key = `${request.functionCode} ${request.address} ${request.count}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const { outcome } = await line.ask(request, options.timeoutMs * FIT_FACTOR);
    const words = outcome.kind === 'reply' ? outcome.words : null;
    known.set(key, words);
    return words;
  };
  const fits: Fit[] = [];
  for (const file of options.files) {
    const answers: Answered[] = [];
    for (const request of requestsToFit(unitId, file)) {
      if (options.signal.aborted) return fits.sort(byFit);
      const words = await wordsOf(request);
      answers.push({ request, words });
      if (words === null) break;
    }
    const fit = judgeFit(unitId, file, answers);
    if (fit !== null) fits.push(fit);
  }
  return fits.sort(byFit);
}

export async function walkUnits(line: FieldLine, options: WalkOptions): Promise<WalkReport> {
  const found: FoundUnit[] = [];
  const disturbed: number[] = [];
  let asked = 0;
  const take = async (unitId: number, heard: Heard): Promise<boolean> => {
    if (heard === 'silent' || heard === 'disturbed') return false;
    if (!found.some((unit) => unit.unitId === unitId)) {
      const fits = await fitsOf(line, unitId, options);
      found.push({ unitId, ...heard, fits });
    }
    return true;
  };
  for (const [index, unitId] of options.units.entries()) {
    if (options.signal.aborted || line.lost() !== undefined) break;
    const heard = await hear(line, unitId, options.timeoutMs);
    asked++;
    if (heard === 'disturbed') {
      // What came may be the late answer of the unit before: both get more time.
      const before = options.units[index - 1];
      const again = before === undefined ? [unitId] : [before, unitId];
      let cleared = false;
      for (const candidate of again)
        cleared = (await take(candidate, await hear(line, candidate, options.timeoutMs * LATE_FACTOR))) || cleared;
      if (!cleared) disturbed.push(unitId);
    } else await take(unitId, heard);
    options.onProgress(asked, found.length);
  }
  return { found: found.sort((a, b) => a.unitId - b.unitId), disturbed, asked };
}
