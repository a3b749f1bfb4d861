/** The formats of recorded series, one line each; a file says by its first line which one it is. */
import { err, type Lint, type Result } from '#model/result.ts';
import { boulderFormat } from '#simulators/recorded/boulder.ts';
import { fsriFormat } from '#simulators/recorded/fsri.ts';
import { genericCsvFormat } from '#simulators/recorded/generic-csv.ts';
import { lisleFormat } from '#simulators/recorded/lisle.ts';
import { mukilteoFormat } from '#simulators/recorded/mukilteo.ts';
import { mukilteoLoggerFormat } from '#simulators/recorded/mukilteo-logger.ts';
import { preonzoFormat } from '#simulators/recorded/preonzo.ts';
import { riverStageFormat } from '#simulators/recorded/river-stage.ts';
import { seattleFormat } from '#simulators/recorded/seattle.ts';
import { lintAt, type RecordedFormat, type RecordedOptions, type RecordedSeries } from '#simulators/recorded/series.ts';

export const RECORDED_FORMATS: readonly RecordedFormat[] = [
  boulderFormat,
  seattleFormat,
  mukilteoFormat,
  mukilteoLoggerFormat,
  riverStageFormat,
  lisleFormat,
  fsriFormat,
  preonzoFormat,
  genericCsvFormat,
];

const HEAD_CHARS = 400;

/** Reads a recorded file of any known format; findings with `file:line`. */
export function parseRecorded(
  file: string,
  text: string,
  options: RecordedOptions & { readonly format?: string } = {},
): Result<readonly RecordedSeries[], readonly Lint[]> {
  const head = text.slice(0, HEAD_CHARS);
  const format =
    options.format === undefined
      ? RECORDED_FORMATS.find((candidate) => candidate.matches(file, head))
      : RECORDED_FORMATS.find((candidate) => candidate.name === options.format);
  if (format !== undefined) return format.parse(file, text, options);
  const names = RECORDED_FORMATS.map(({ name }) => name).join(', ');
  const lint = lintAt(
    file,
    1,
    options.format === undefined ? 'no known format begins so' : `no format ${options.format}`,
  );
  return err([{ ...lint, mend: `known formats: ${names}; the plainest is csv: time,sensor,value,quantity,unit` }]);
}
