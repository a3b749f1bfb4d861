/** `fengsui serial scan`: tries speeds and parities on a port and shows who answers; nothing is ever written to a device. */

import { EXIT_CODES, formatTrouble, type Trouble } from '#cli/field-trouble.ts';
import { openFieldLine, type Place, placeName } from '#cli/io/field-line.ts';
import { parseAddress } from '#cli/io/field-place.ts';
import { readDeviceFiles } from '#cli/io/profiles.ts';
import { type FoundUnit, walkUnits } from '#cli/io/scan-line.ts';
import type { ScanArguments } from '#cli/io/serial-command.ts';
import type { DeviceFile } from '#cli/load/devices.ts';
import {
  ALL_UNITS,
  formatDuration,
  longestScanMs,
  parseBauds,
  parseParities,
  parseUnits,
  probeTimeoutMs,
  type Setting,
  settingsOf,
  USUAL_BAUDS,
} from '#cli/scan-plan.ts';
import { formatTable } from '#cli/table.ts';
import { formatReading } from '#cli/unit-reading.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';

const MAX_PATIENCE_MS = 10_000;
/** Over TCP there is no speed of ours; the serial side is taken to be slow. */
const TCP_SETTING: Setting = { baudRate: 9_600, parity: 'none' };

type Plan = {
  readonly places: readonly { readonly place: Place; readonly setting: Setting }[];
  readonly units: readonly number[];
  readonly patienceMs: number;
};
type Run = {
  readonly place: Place;
  readonly found: readonly FoundUnit[];
  readonly disturbed: readonly number[];
  readonly asked: number;
};

const usage = (message: string): { readonly ok: false; readonly error: Trouble } => ({
  ok: false,
  error: { kind: 'usage', message, mend: 'fengsui serial scan --help shows the options' },
});

function planOf(port: string | undefined, options: ScanArguments): Result<Plan, Trouble> {
  const units = parseUnits(options.units);
  if (!units.ok) return usage(units.error);
  const patienceMs = Number(options.patience);
  if (!(patienceMs >= 1 && patienceMs <= MAX_PATIENCE_MS))
    return usage(`--patience is 1 to ${MAX_PATIENCE_MS} milliseconds`);
  const written = [port, options.rtuTcp, options.tcp].filter((one) => one !== undefined);
  if (written.length !== 1) return usage('name one line: a serial port, --rtu-tcp or --tcp');
  if (port === undefined) {
    const address = parseAddress(options.rtuTcp ?? options.tcp ?? '');
    if (!address.ok) return usage(address.error);
    const kind = options.tcp === undefined ? 'rtu-tcp' : 'tcp';
    const places = [{ place: { kind, ...address.value } as const, setting: TCP_SETTING }];
    return ok({ places, units: units.value, patienceMs });
  }
  const bauds = options.baud === undefined ? ok(USUAL_BAUDS) : parseBauds(options.baud);
  if (!bauds.ok) return usage(bauds.error);
  const parities = parseParities(options.parity);
  if (!parities.ok) return usage(parities.error);
  const places = settingsOf(bauds.value, parities.value).map((setting) => ({
    place: { kind: 'serial', path: port, ...setting } as const,
    setting,
  }));
  return ok({ places, units: units.value, patienceMs });
}

const settingText = (place: Place): string =>
  place.kind === 'serial' ? `${place.baudRate} 8${place.parity.charAt(0).toUpperCase()}1` : place.kind;

/** A line of progress on a terminal; silent where nobody looks. */
function openProgress(text: string, units: number) {
  const { stderr } = process;
  let shownMs = 0;
  return {
    show: (done: number, found: number): void => {
      const nowMs = performance.now();
      if (!stderr.isTTY || (nowMs - shownMs < 100 && done < units)) return;
      shownMs = nowMs;
      stderr.write(`\r${text}: ${done}/${units} units asked, ${found} answered `);
    },
    end: (): void => {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}

function fitText({ fits }: FoundUnit): string {
  const [best, ...others] = fits;
  if (best === undefined) return 'none of the catalogue';
  const sure = best.isIdentified ? 'identified' : `${best.plausible}/${best.registers} plausible`;
  const more =
    others.length === 0
      ? ''
      : `, or ${others
          .slice(0, 3)
          .map(({ id }) => id)
          .join(', ')}`;
  return `${best.id} (${sure}${more})`;
}

const valuesText = ({ fits }: FoundUnit): string =>
  (fits[0]?.readings ?? [])
    .slice(0, 3)
    .map((reading) => `${reading.key} ${formatReading(reading)}`)
    .join(', ');

function printRuns(runs: readonly Run[], fit: boolean): void {
  const rows = runs.flatMap(({ place, found }) =>
    found.map((unit) => [
      String(unit.unitId),
      settingText(place),
      unit.by,
      `${Math.round(unit.tookMs)} ms`,
      ...(fit ? [fitText(unit), valuesText(unit)] : []),
    ]),
  );
  const headings = ['unit', 'setting', 'answered', 'after', ...(fit ? ['profile', 'values'] : [])];
  if (rows.length > 0) console.log(formatTable(headings, rows));
  for (const { place, disturbed } of runs)
    if (disturbed.length > 0)
      console.log(
        `${settingText(place)}: bytes that are no answer at unit ${disturbed.slice(0, 10).join(', ')}` +
          `${disturbed.length > 10 ? ` and ${disturbed.length - 10} more` : ''}: another speed or parity, two units with one id, or A and B crossed`,
      );
}

const jsonOf = (plan: Plan, runs: readonly Run[], isStopped: boolean): string =>
  JSON.stringify({
    items: runs.flatMap(({ place, found }) =>
      found.map(({ unitId, by, tookMs, fits }) => ({
        unitId,
        line: placeName(place),
        setting: settingText(place),
        by,
        tookMs: Math.round(tookMs),
        profiles: fits.map(({ id, isIdentified, plausible, registers, readings }) => ({
          id,
          isIdentified,
          plausible,
          registers,
          values: Object.fromEntries(readings.map(({ key, value }) => [key, value ?? null])),
        })),
      })),
    ),
    disturbed: runs.flatMap(({ place, disturbed }) =>
      disturbed.map((unitId) => ({ unitId, setting: settingText(place) })),
    ),
    asked: runs.reduce((sum, { asked }) => sum + asked, 0),
    ofUnits: plan.units.length,
    stopped: isStopped,
  });

async function walkPlaces(
  plan: Plan,
  options: ScanArguments,
  files: readonly DeviceFile[],
  signal: AbortSignal,
): Promise<Result<readonly Run[], Trouble>> {
  const runs: Run[] = [];
  for (const { place, setting } of plan.places) {
    if (signal.aborted) break;
    const line = await openFieldLine(place);
    if (!line.ok) return line;
    const progress = openProgress(`${placeName(place)} ${settingText(place)}`, plan.units.length);
    const timeoutMs = probeTimeoutMs(setting, plan.patienceMs);
    const walked = await walkUnits(line.value, {
      units: plan.units,
      timeoutMs,
      files,
      signal,
      onProgress: progress.show,
    });
    progress.end();
    const lost = line.value.lost();
    await line.value.close();
    if (lost !== undefined) return err(lost);
    runs.push({ place, ...walked });
    if (walked.found.length > 0 && !options.all) break;
  }
  return ok(runs);
}

function tell(plan: Plan, runs: readonly Run[], options: ScanArguments, isStopped: boolean): number {
  const count = runs.reduce((sum, { found }) => sum + found.length, 0);
  if (options.json) console.log(jsonOf(plan, runs, isStopped));
  else {
    printRuns(runs, options.fit);
    const tried = runs.map(({ place }) => settingText(place)).join(', ');
    if (isStopped) console.log(`Stopped; ${count} units had answered.`);
    else if (count === 0)
      console.log(
        `Nobody answers 无应答 (${plan.units.length} units, ${tried}).\n` +
          '  -> is the device powered? exchange A and B; try --parity even,odd, more --patience, or other speeds',
      );
    else console.log(`\n${count} of ${plan.units.length} units answer.`);
  }
  if (isStopped) return EXIT_CODES.stopped;
  return count > 0 ? 0 : EXIT_CODES.silent;
}

/** Exit code: 0 somebody answers, 1 nobody, 2 usage, 3 busy, 4 no permission, 5 no such port, 6 no connection, 130 stopped. */
export async function serialScan(
  port: string | undefined,
  options: ScanArguments,
  devicesDir: string,
): Promise<number> {
  const plan = planOf(port, options);
  const fail = (trouble: Trouble): number => {
    console.error(formatTrouble(trouble));
    return EXIT_CODES[trouble.kind];
  };
  if (!plan.ok) return fail(plan.error);
  const files = options.fit ? readDeviceFiles(devicesDir) : ok([]);
  if (!files.ok) {
    for (const lint of files.error) console.error(formatLint(lint));
    return EXIT_CODES.usage;
  }
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const settings = plan.value.places.map(({ setting }) => setting);
  const longest = longestScanMs(settings, plan.value.units.length, plan.value.patienceMs);
  if (!options.json) {
    const whole = plan.value.units.length === ALL_UNITS.length ? 'all 247 units' : `${plan.value.units.length} units`;
    console.error(`Asking ${whole} at ${settings.length} settings: at most ${formatDuration(longest)}; Ctrl-C stops.`);
  }
  try {
    const runs = await walkPlaces(plan.value, options, files.value, stopping.signal);
    return runs.ok ? tell(plan.value, runs.value, options, stopping.signal.aborted) : fail(runs.error);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}
