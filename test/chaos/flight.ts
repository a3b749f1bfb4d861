/**
 * Which answers of a bus's slaves no row of its edge speaks of, and which of those a kill explains. It rests on order
 * and not on how long anything took: a bus is asked one request at a time, its line keeps the order of requests, and a
 * cycle is committed before the next one begins.
 */

/** One answer in a bus's log, in the order in which the slaves answered. */
export type Answer = { readonly atMs: number; readonly unitId: number };

/** What one committed row says of its poll. */
export type Row = {
  readonly atMs: number;
  /** `answered`: an answer was taken; `failed`: a request may have been out; `unasked`: none was. */
  readonly says: 'answered' | 'failed' | 'unasked';
};

/** The end of an edge process: only a kill may cost the poll that was under way. */
export type Death = { readonly atMs: number; readonly how: 'killed' | 'stopped'; readonly by: string };

export type UnitBooks = { readonly unitId: number; readonly sensorId: string; readonly rows: readonly Row[] };
export type BusBooks = {
  readonly busId: string;
  readonly answers: readonly Answer[];
  readonly units: readonly UnitBooks[];
  readonly deaths: readonly Death[];
};

export type Flight = {
  /** Kills at which a poll of this bus was under way. */
  readonly inFlight: number;
  readonly allowed: number;
  readonly findings: readonly string[];
};

/** The supervisor starts nothing anew earlier than this after a death: what is answered until then was asked before. */
const RESTART_PAUSE_MS = 100;
const MAX_FINDINGS = 5;

/** Asked with what patience was learned and with full patience, each once more when disturbed. */
const MOST_ANSWERS = 4;
/**
 * A request and its repeats within its cycle: a disturbed answer is asked for once more at once, and a unit that was not
 * waited for long enough is asked again at the cycle's end, behind the others.
 */
type Poll = {
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly answers: number;
};
/** `isRepeated`: the unit answered again before its next row, and nobody died: of one unit alone it is a repeat. */
type Lost = { readonly unit: UnitBooks; readonly poll: Poll; readonly isRepeated: boolean };

const time = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23);
const isBetween = (atMs: number, fromMs: number, toMs: number): boolean => atMs >= fromMs && atMs < toMs;

/** Between two answers of one unit every other unit has answered: that may be the next cycle. */
function haveAllAnswered(books: BusBooks, unitId: number, from: number, to: number): boolean {
  const heard = new Set(books.answers.slice(from + 1, to).map((answer) => answer.unitId));
  return books.units.every((unit) => unit.unitId === unitId || heard.has(unit.unitId));
}

/**
 * Whether the answers show that the first unit of a cycle was asked again at the cycle's end: it answers again before its
 * next row, and once more, in the next cycle, before all others have.
 */
function isRepeated(poll: Poll, polls: readonly Poll[], books: BusBooks, rows: readonly Row[]): boolean {
  const beforeMs = rows.findLast((row) => row.atMs < poll.lastMs)?.atMs ?? Number.NEGATIVE_INFINITY;
  const afterMs = rows.find((row) => row.atMs >= poll.lastMs)?.atMs ?? Number.POSITIVE_INFINITY;
  const again = polls.find((other) => other.firstIndex > poll.lastIndex);
  if (again === undefined || again.lastMs > afterMs) return false;
  const then = polls.find((other) => other.firstIndex > again.lastIndex);
  if (then === undefined || haveAllAnswered(books, unitOf(books, poll), again.lastIndex, then.firstIndex)) return false;
  return !books.deaths.some((death) => isBetween(death.atMs, beforeMs, afterMs));
}

const unitOf = (books: BusBooks, poll: Poll): number => books.answers[poll.firstIndex]?.unitId ?? -1;

function pollsOf(books: BusBooks, { unitId, rows }: UnitBooks): Poll[] {
  const polls: Poll[] = [];
  for (const [index, { atMs, unitId: of }] of books.answers.entries()) {
    if (of !== unitId) continue;
    const before = polls.at(-1);
    const repeats =
      before !== undefined &&
      before.answers < MOST_ANSWERS &&
      !haveAllAnswered(books, unitId, before.lastIndex, index) &&
      !rows.some((row) => isBetween(row.atMs, before.firstMs, atMs)) &&
      !books.deaths.some((death) => isBetween(death.atMs, before.firstMs, atMs));
    if (repeats) polls.splice(-1, 1, { ...before, lastIndex: index, lastMs: atMs, answers: before.answers + 1 });
    else polls.push({ firstIndex: index, lastIndex: index, firstMs: atMs, lastMs: atMs, answers: 1 });
  }
  return polls;
}

/** Takes away the polls that failed rows speak of; an answer may also come after its row has given it up. */
function withoutFailed(polls: readonly Poll[], rows: readonly Row[], sinceMs: number): Poll[] {
  const left = [...polls];
  const late: Row[] = [];
  let fromMs = sinceMs;
  const take = (fits: (poll: Poll) => boolean): boolean => {
    const index = left.findIndex(fits);
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  };
  for (const row of rows) {
    const afterMs = fromMs;
    fromMs = row.atMs;
    if (row.says === 'failed' && !take((poll) => poll.lastMs > afterMs && poll.lastMs <= row.atMs)) late.push(row);
  }
  for (const row of late) take((poll) => poll.lastMs > row.atMs);
  return left;
}

/** The kill that a poll was under way at, if there is one that has not cost this unit a poll already. */
function killOf(poll: Poll, books: BusBooks, rows: readonly Row[], charged: ReadonlySet<Death>): Death | undefined {
  const free = (death: Death | undefined) =>
    death !== undefined && death.how === 'killed' && !charged.has(death) ? death : undefined;
  const next = books.deaths.find((death) => death.atMs >= poll.lastMs);
  const nextRow = rows.find((row) => row.atMs >= poll.lastMs)?.atMs ?? Number.POSITIVE_INFINITY;
  if (next !== undefined && next.atMs <= nextRow && free(next) !== undefined) return next;
  // The slave answered after the one who had asked was dead: its last request, which nobody else's came before.
  const last = books.deaths.findLast((death) => death.atMs < poll.lastMs);
  if (last === undefined) return undefined;
  const isFirst = books.answers.findIndex((answer) => answer.atMs > last.atMs) === poll.firstIndex;
  return isFirst || poll.lastMs <= last.atMs + RESTART_PAUSE_MS ? free(last) : undefined;
}

type UnitFlight = { readonly kills: ReadonlySet<Death>; readonly lost: readonly Lost[]; readonly findings: string[] };

function flightOfUnit(books: BusBooks, unit: UnitBooks): UnitFlight {
  const polls = pollsOf(books, unit);
  const kills = new Set<Death>();
  const lost: Lost[] = [];
  const findings: string[] = [];
  const explain = (unkept: readonly Poll[], failed: readonly Row[], sinceMs: number) => {
    for (const poll of withoutFailed(unkept, failed, sinceMs)) {
      const kill = killOf(poll, books, unit.rows, kills);
      if (kill === undefined) lost.push({ unit, poll, isRepeated: isRepeated(poll, polls, books, unit.rows) });
      else kills.add(kill);
    }
  };
  let sinceMs = Number.NEGATIVE_INFINITY;
  let next = 0;
  let failed: Row[] = [];
  for (const row of unit.rows) {
    if (row.says !== 'answered') {
      failed.push(row);
      continue;
    }
    // Requests are answered in order: the newest answer until then is the one that was taken.
    const taken = polls.findLastIndex((poll) => poll.lastMs <= row.atMs);
    if (taken < next) findings.push(`${unit.sensorId}: the value of ${time(row.atMs)} was answered by nobody`);
    else explain(polls.slice(next, taken), failed, sinceMs);
    next = Math.max(next, taken + 1);
    sinceMs = row.atMs;
    failed = [];
  }
  explain(polls.slice(next), failed, sinceMs);
  return { kills, lost, findings };
}

function describe({ unit, poll }: Lost): string {
  const before = unit.rows.findLast((row) => row.atMs < poll.lastMs);
  const after = unit.rows.find((row) => row.atMs >= poll.lastMs);
  const tell = (row: Row | undefined) => (row === undefined ? 'none' : `${time(row.atMs)} ${row.says}`);
  return `${unit.sensorId} answered ${time(poll.lastMs)} (rows around it: ${tell(before)}, ${tell(after)})`;
}

/** Lost answers by cycle; what only some units of a cycle were asked again for is no loss. */
function cyclesOf(books: BusBooks, lost: readonly Lost[]): Lost[][] {
  const cycles: Lost[][] = [];
  for (const one of lost.toSorted((a, b) => a.poll.firstIndex - b.poll.firstIndex)) {
    const cycle = cycles.at(-1);
    const first = cycle?.[0]?.poll.firstIndex ?? Number.NEGATIVE_INFINITY;
    if (cycle !== undefined && one.poll.firstIndex - first < books.units.length) cycle.push(one);
    else cycles.push([one]);
  }
  return cycles.filter(
    (cycle) =>
      cycle.some((one) => !one.isRepeated) || new Set(cycle.map(({ unit }) => unit.unitId)).size === books.units.length,
  );
}

/** One sentence a cycle, with the deaths before and after it. */
function tellLost(books: BusBooks, lost: readonly Lost[]): string[] {
  const cycles = cyclesOf(books, lost);
  const told = cycles.slice(0, MAX_FINDINGS).map((cycle) => {
    const atMs = cycle[0]?.poll.lastMs ?? 0;
    const around = [
      books.deaths.findLast((death) => death.atMs < atMs),
      books.deaths.find((death) => death.atMs >= atMs),
    ].flatMap((death) => (death === undefined ? [] : [`${death.how} ${time(death.atMs)} (${death.by})`]));
    const who = `${cycle.length} of ${books.units.length} units`;
    const deaths = around.length === 0 ? 'no death of its edge' : `deaths of its edge around it: ${around.join(', ')}`;
    return `${books.busId}: a poll of ${who} was answered and not kept; ${deaths}; ${cycle.map(describe).join('; ')}`;
  });
  const more = cycles.length - told.length;
  return more > 0 ? [...told, `${books.busId}: ${more} more polls were answered and not kept`] : told;
}

/** At most one poll a kill may be missing; everything else that was answered must have its row, and every value its answer. */
export function countFlight(books: BusBooks): Flight {
  const units = books.units.map((unit) => flightOfUnit(books, unit));
  return {
    inFlight: new Set(units.flatMap(({ kills }) => [...kills])).size,
    allowed: books.deaths.filter(({ how }) => how === 'killed').length,
    findings: [
      ...tellLost(
        books,
        units.flatMap(({ lost }) => lost),
      ),
      ...units.flatMap(({ findings }) => findings),
    ],
  };
}
