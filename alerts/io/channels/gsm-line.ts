/**
 * Keeps a modem's line open and the modem set up: opened anew within seconds when it is pulled, silent or restarted. Both
 * kinds of channel share the line of a path; work is done one at a time, short messages before calls.
 */
import type { Log } from '#model/ports.ts';
import type { AtEvent } from '../../gsm/at-lines.ts';
import { explainError, notRegistered, signalDbm, simTrouble, WEAK_DBM } from '../../gsm/modem-errors.ts';
import type { AtAnswer, AtPort } from './gsm-port.ts';
import { openAtPort } from './gsm-port.ts';

/** What the modem can do beside messages. */
export type Abilities = { readonly speaks: boolean };
export type Ready = { readonly port: AtPort; readonly can: Abilities };

export type Urgency = { readonly kind: 'message' | 'call'; readonly isLive: boolean };

export type ModemLine = {
  /**
   * Does the work when its turn comes; why not instead, when the modem is not there or not ready. `giveWay` aborts when
   * something real waits behind what is not.
   */
  readonly use: <T>(
    urgency: Urgency,
    work: (modem: Ready, giveWay: AbortSignal) => Promise<T>,
  ) => Promise<T | NotReady>;
  /** Asks SIM, network and signal. */
  readonly check: () => Promise<{ readonly ok: boolean; readonly detail: string }>;
  readonly onEvent: (take: (event: AtEvent, port: AtPort) => void) => () => void;
  readonly release: () => Promise<void>;
};
export type NotReady = { readonly notReady: string };
export const isNotReady = (value: unknown): value is NotReady =>
  typeof value === 'object' && value !== null && 'notReady' in value;

const SHORT_MS = 3_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;

export const answerText = (answer: AtAnswer): string => {
  if (answer.kind === 'ok') return answer.lines.join(' ');
  return answer.kind === 'error' ? explainError(answer.error).detail : 'the modem does not answer';
};

async function setUp(port: AtPort): Promise<Abilities | string> {
  const alive = await port.ask('AT', SHORT_MS);
  if (alive.kind !== 'ok') return `no modem answers on this line: ${answerText(alive)}`;
  const must = ['ATE0', 'AT+CMEE=1', 'AT+CMGF=0'];
  for (const command of must) {
    const answer = await port.ask(command, SHORT_MS);
    if (answer.kind !== 'ok') return `${command}: ${answerText(answer)}`;
  }
  // Messages are kept in its memory until we have read them; reports come at once. Modems differ in what they can.
  const modes = ['AT+CNMI=2,1,0,1,0', 'AT+CNMI=2,1,0,2,0', 'AT+CNMI=2,1'];
  for (const mode of modes) if ((await port.ask(mode, SHORT_MS)).kind === 'ok') break;
  await port.ask('AT+DDET=1', SHORT_MS);
  const speech = await port.ask('AT+CTTS=?', SHORT_MS);
  return { speaks: speech.kind === 'ok' };
}

async function checkNow(port: AtPort): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const sim = await port.ask('AT+CPIN?', SHORT_MS);
  const trouble = sim.kind === 'ok' ? simTrouble(answerText(sim)) : answerText(sim);
  if (trouble !== null) return { ok: false, detail: trouble };
  const network = await port.ask('AT+CREG?', SHORT_MS);
  const missing = network.kind === 'ok' ? notRegistered(answerText(network)) : answerText(network);
  if (missing !== null) return { ok: false, detail: missing };
  const signal = await port.ask('AT+CSQ', SHORT_MS);
  const dbm = signal.kind === 'ok' ? signalDbm(answerText(signal)) : null;
  if (dbm === null) return { ok: true, detail: 'registered, signal unknown' };
  const weak = dbm < WEAK_DBM ? ', weak: move the antenna' : '';
  return { ok: true, detail: `registered, signal ${dbm} dBm${weak}` };
}

type Job = { readonly urgency: Urgency; readonly giveWay: AbortController; readonly run: () => Promise<void> };

/** Real ones before drills, then short messages before calls; first come, first served among equals. */
const rankOfJob = ({ urgency }: Job): number => (urgency.isLive ? 0 : 2) + (urgency.kind === 'message' ? 0 : 1);
const nextJob = (jobs: readonly Job[]): number =>
  jobs.reduce((best, job, at) => (rankOfJob(job) < rankOfJob(jobs[best] ?? job) ? at : best), 0);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

function createLine(path: string, baudRate: number, log: Log) {
  const stop = new AbortController();
  const takers = new Set<(event: AtEvent, port: AtPort) => void>();
  const jobs: Job[] = [];
  let ready: Ready | null = null;
  let trouble = 'the line is being opened';
  let busy: Job | null = null;
  const firstTry = Promise.withResolvers<void>();

  /** One life of the line; ends with the reason. */
  async function live(): Promise<string> {
    const port = await openAtPort(path, baudRate);
    try {
      port.onEvent((event) => {
        if (event.kind === 'booted' && ready?.port === port) void port.close();
        for (const take of takers) take(event, port);
      });
      if (stop.signal.aborted) return 'stopped';
      const can = await setUp(port);
      if (typeof can === 'string') return can;
      ready = { port, can };
      trouble = '';
      firstTry.resolve();
      log.info('a modem is there', { path, speaks: can.speaks });
      for (const take of takers) take({ kind: 'booted' }, port);
      return await port.closed;
    } finally {
      ready = null;
      trouble = 'the line is being opened anew';
      await port.close();
    }
  }

  async function keep(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    let logged = '';
    while (!stop.signal.aborted) {
      const startedMs = performance.now();
      const why = await live().catch((cause: unknown) => `the line cannot be opened: ${String(cause)}`);
      if (why !== logged) log.warn('a modem is away', { path, why });
      logged = why;
      trouble = why;
      firstTry.resolve();
      if (performance.now() - startedMs > 10_000) pauseMs = FIRST_PAUSE_MS;
      await pause(pauseMs, stop.signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
  const running = keep();

  function next(): void {
    if (busy !== null) return;
    const [job] = jobs.splice(nextJob(jobs), 1);
    if (job === undefined) return;
    busy = job;
    void job.run().finally(() => {
      busy = null;
      next();
    });
  }

  const use: ModemLine['use'] = async (urgency, work) => {
    await firstTry.promise;
    return new Promise((resolve, reject) => {
      const giveWay = new AbortController();
      const run = async (): Promise<void> => {
        const modem = ready;
        if (modem === null) return resolve({ notReady: trouble });
        await work(modem, giveWay.signal).then(resolve, reject);
      };
      jobs.push({ urgency, giveWay, run });
      if (urgency.isLive && busy?.urgency.isLive === false) busy.giveWay.abort();
      next();
    });
  };
  return {
    use,
    check: async () => {
      const checked = await use({ kind: 'message', isLive: false }, ({ port }) => checkNow(port));
      return isNotReady(checked) ? { ok: false, detail: checked.notReady } : checked;
    },
    onEvent: (take: (event: AtEvent, port: AtPort) => void) => {
      takers.add(take);
      return () => takers.delete(take);
    },
    close: async () => {
      stop.abort();
      await ready?.port.close();
      await running;
    },
  };
}

type Shared = { readonly line: ReturnType<typeof createLine>; users: number };
const lines = new Map<string, Shared>();

/** The line of a path; the last one who lets go closes it. */
export function shareLine(path: string, baudRate: number, log: Log): ModemLine {
  const key = `${path}@${baudRate}`;
  const shared = lines.get(key) ?? { line: createLine(path, baudRate, log), users: 0 };
  lines.set(key, shared);
  shared.users++;
  const { line } = shared;
  let held = true;
  return {
    use: line.use,
    check: line.check,
    onEvent: line.onEvent,
    release: async () => {
      if (!held) return;
      held = false;
      shared.users--;
      if (shared.users > 0) return;
      lines.delete(key);
      await line.close();
    },
  };
}
