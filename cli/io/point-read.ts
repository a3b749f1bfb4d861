/** `fengsui point read`: asks each unit once, as the edge would, and shows what was on the wire and what it means. */
import { EXIT_CODES, formatTrouble, type Trouble } from '#cli/field-trouble.ts';
import { type Exchange, type FieldLine, hexOf, openFieldLine, placeName } from '#cli/io/field-line.ts';
import type { PointArguments } from '#cli/io/point-command.ts';
import { type Target, targetsOf } from '#cli/io/point-target.ts';
import { readDeviceFiles } from '#cli/io/profiles.ts';
import { type Asked, type Opinion, secondOpinion } from '#cli/io/second-opinion.ts';
import { formatTable } from '#cli/table.ts';
import { type Doubt, formatReading, type RegisterReading, readingsOf, readsFor } from '#cli/unit-reading.ts';
import { formatLint } from '#model/result.ts';

type UnitReport = {
  readonly target: Target;
  readonly exchanges: readonly Exchange[];
  readonly readings: readonly RegisterReading[];
  /** One for each answered exchange, where it was asked for. */
  readonly opinions?: readonly Opinion[];
};

const OPINIONS: { readonly [kind in Opinion['kind']]: string } = {
  same: 'the same 一致',
  differs: 'other words 不一致 (a value that moves differs as well)',
  none: 'no answer 无应答',
};
const DOUBTS: { readonly [doubt in Doubt]: string } = {
  sentinel: 'no value: the device says so 设备报无效值',
  decode: 'no value: not of this type or code 无法解码',
  range: 'outside the plausible range 超出合理范围',
  counter: 'beyond the width of the counter 超出计数范围',
};
const OUTCOMES: { readonly [kind in Exchange['outcome']['kind']]: string } = {
  reply: 'answered',
  exception: 'refused',
  silent: 'no answer 无应答',
  garbled: 'bytes that are no answer',
};

const hexWords = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(4, '0').toUpperCase()).join(' ');

async function readUnit(
  line: FieldLine,
  target: Target,
  keys: readonly string[] | undefined,
  timeoutMs: number | undefined,
): Promise<UnitReport & { readonly asked: readonly Asked[] }> {
  const { unitId, profile } = target;
  const exchanges: Exchange[] = [];
  const readings: RegisterReading[] = [];
  const asked: Asked[] = [];
  for (const read of readsFor(unitId, profile, keys)) {
    const exchange = await line.ask(read.request, timeoutMs ?? profile.timeoutMs);
    exchanges.push(exchange);
    if (exchange.outcome.kind !== 'reply') continue;
    readings.push(...readingsOf(read, exchange.outcome.words));
    asked.push({ request: read.request, words: exchange.outcome.words });
  }
  return { target, exchanges, readings, asked };
}

function printOpinions(opinions: readonly Opinion[]): void {
  for (const opinion of opinions) {
    const detail = opinion.kind === 'none' ? opinion.detail : hexWords(opinion.words);
    console.log(`  modbus-serial: ${OPINIONS[opinion.kind]}  ${detail}`);
  }
}

function outcomeText({ outcome, tookMs }: Exchange): string {
  if (outcome.kind === 'exception')
    return `${OUTCOMES.exception} with exception ${outcome.code} after ${Math.round(tookMs)} ms`;
  if (outcome.kind === 'garbled') return `${OUTCOMES.garbled} (${outcome.fault})`;
  return outcome.kind === 'reply' ? `${OUTCOMES.reply} after ${Math.round(tookMs)} ms` : OUTCOMES.silent;
}

function printReport({ target, exchanges, readings, opinions }: UnitReport): void {
  const { profile, where, unitId, place } = target;
  const setting =
    place.kind === 'serial' ? `${place.path} ${place.baudRate} ${place.parity}` : `${place.kind} ${placeName(place)}`;
  console.log(`${where} unit ${unitId} · ${profile.name.zh} ${profile.name.en} (${profile.id}) · ${setting}`);
  for (const exchange of exchanges) {
    console.log(`  -> ${hexOf(exchange.sent)}`);
    console.log(`  <- ${hexOf(exchange.received) || '(nothing)'}   ${outcomeText(exchange)}`);
  }
  const rows = readings.map((reading) => [
    `  ${target.sensors?.get(reading.key) ?? reading.key}`,
    reading.spec.name,
    `${reading.spec.functionCode <= 2 ? 'bit' : reading.spec.type} @${reading.spec.address}`,
    hexWords(reading.words),
    formatReading(reading),
    reading.doubts.map((doubt) => DOUBTS[doubt]).join('; ') ||
      (reading.spec.counter === null ? 'ok' : 'ok (whole count)'),
  ]);
  if (rows.length > 0) console.log(formatTable(['  sensor', 'register', 'type', 'words', 'value', 'doubts'], rows));
  printOpinions(opinions ?? []);
  console.log('');
}

const jsonOf = ({ target, exchanges, readings, opinions }: UnitReport) => ({
  where: target.where,
  line: placeName(target.place),
  unitId: target.unitId,
  profile: target.profile.id,
  exchanges: exchanges.map(({ sent, received, tookMs, outcome }) => ({
    sent: hexOf(sent),
    received: hexOf(received),
    tookMs: Math.round(tookMs),
    outcome: outcome.kind,
    ...(outcome.kind === 'exception' ? { code: outcome.code } : {}),
    ...(outcome.kind === 'garbled' ? { fault: outcome.fault } : {}),
  })),
  registers: readings.map((reading) => ({
    key: reading.key,
    ...(target.sensors?.has(reading.key) === true ? { sensorId: target.sensors.get(reading.key) } : {}),
    quantity: reading.spec.quantity,
    words: hexWords(reading.words),
    value: reading.value ?? null,
    text: formatReading(reading),
    doubts: reading.doubts,
  })),
  ...(opinions === undefined ? {} : { secondOpinion: opinions }),
});

function wantedKeys(target: Target, options: PointArguments): readonly string[] | Trouble | undefined {
  if (options.register === undefined) return target.sensors === undefined ? undefined : [...target.sensors.keys()];
  const keys = options.register.split(',').map((key) => key.trim());
  const known = target.profile.registers.map(({ key }) => key);
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown === undefined) return keys;
  const mend = `use one of ${known.slice(0, 20).join(', ')}`;
  return { kind: 'usage', message: `${target.profile.id} has no register "${unknown}"`, mend };
}

const isTrouble = (found: readonly string[] | Trouble | undefined): found is Trouble =>
  found !== undefined && 'kind' in found;

async function readAll(targets: readonly Target[], options: PointArguments): Promise<readonly UnitReport[] | Trouble> {
  const timeoutMs = options.timeout === undefined ? undefined : Number(options.timeout);
  if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= 60_000))
    return { kind: 'usage', message: `"${options.timeout}" is no time`, mend: 'write --timeout 1 to 60000 (ms)' };
  const reports: UnitReport[] = [];
  for (const target of targets) {
    const keys = wantedKeys(target, options);
    if (isTrouble(keys)) return keys;
    const line = await openFieldLine(target.place);
    if (!line.ok) return line.error;
    let first: Awaited<ReturnType<typeof readUnit>>;
    try {
      first = await readUnit(line.value, target, keys, timeoutMs);
      const lost = line.value.lost();
      if (lost !== undefined) return lost;
    } finally {
      await line.value.close();
    }
    const { asked, ...own } = first;
    const report = options.secondOpinion
      ? { ...own, opinions: await secondOpinion(target.place, asked, timeoutMs ?? target.profile.timeoutMs) }
      : own;
    reports.push(report);
    if (!options.json) printReport(report);
  }
  return reports;
}

/** Exit code: 0 all registers have values, 1 some have none, 2 usage, 3 busy, 4 no permission, 5 no such port, 6 no connection. */
export async function pointRead(
  name: string | undefined,
  options: PointArguments,
  devicesDir: string,
): Promise<number> {
  const fail = (trouble: Trouble): number => {
    console.error(formatTrouble(trouble));
    return EXIT_CODES[trouble.kind];
  };
  const files = readDeviceFiles(devicesDir);
  if (!files.ok) {
    for (const lint of files.error) console.error(formatLint(lint));
    return EXIT_CODES.usage;
  }
  const profiles = new Map(files.value.map(({ profile }) => [profile.id, profile]));
  const targets = targetsOf(name, options, profiles, Date.now());
  if (!targets.ok) return fail(targets.error);
  const reports = await readAll(targets.value, options);
  if ('kind' in reports) return fail(reports);
  if (options.json) console.log(JSON.stringify({ items: reports.map(jsonOf) }));
  const isWhole = reports.every(
    ({ exchanges, readings }) =>
      exchanges.every(({ outcome }) => outcome.kind === 'reply') && readings.every(({ value }) => value !== undefined),
  );
  if (!options.json && !isWhole && reports.every(({ readings }) => readings.length === 0))
    console.error(
      'Nobody answers 无应答.\n  -> check power, A and B, unit id and speed; "fengsui serial scan" finds them',
    );
  return isWhole ? 0 : EXIT_CODES.silent;
}
