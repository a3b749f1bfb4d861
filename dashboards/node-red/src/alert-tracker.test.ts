import { describe, expect, it } from 'vitest';
import type { AlertBody } from './alert-change.ts';
import { createAlertTracker, type Memory } from './alert-tracker.ts';

const alert = (id: string, version: number, over: Partial<AlertBody> = {}): AlertBody => ({
  ...{ id, version, level: 'yellow', lifecycle: 'raised', condition: 'active', origin: 'live' },
  ...{ hazard: 'landslide', gridCode: '1' },
  ...over,
});
const hello = (head: number, reset = false) => ({ event: 'hello', id: String(head), data: { reset } });
const event = (body: AlertBody) => ({ event: 'alert', id: String(body.version), data: body });

/** A newer reading may be under way when an older one is answered: neither is waited for. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The console's answers are given by the test, one after the other. */
function openTracker(begin: Partial<Memory> = {}, openAtStart = false) {
  const told: string[] = [];
  const answers: ((open: readonly AlertBody[] | undefined) => void)[] = [];
  const retries: (() => void)[] = [];
  let memory: Memory | undefined;
  const tracker = createAlertTracker({ lastEventId: null, known: {}, ...begin }, openAtStart, {
    loadOpen: () => new Promise((resolve) => answers.push(resolve)),
    loadOne: (id) => Promise.resolve(id === 'gone' ? alert('gone', 90, { lifecycle: 'closed' }) : undefined),
    tell: ({ alert: { id }, change, atStart }) => told.push(`${change} ${id}${atStart ? ' at start' : ''}`),
    keep: (kept) => {
      memory = kept;
    },
    retryLater: (run) => retries.push(run),
  });
  return {
    ...{ tracker, told, retries },
    memory: () => memory,
    answer: async (...open: readonly AlertBody[]) => {
      answers.shift()?.(open);
      await turn();
    },
    fail: async () => {
      answers.shift()?.(undefined);
      await turn();
    },
  };
}

describe('what a flow is told of alerts', () => {
  it('is each change once, however often and late the stream says it', async () => {
    const { tracker, told, answer } = openTracker();
    tracker.take(hello(10));
    await answer();
    for (const version of [11, 11, 12, 11, 12]) tracker.take(event(alert('a', version)));
    tracker.take(hello(12));
    tracker.take(event(alert('a', 12)));
    tracker.take(event(alert('a', 13, { level: 'red' })));
    expect(told).toEqual(['new a', 'other a', 'worse a']);
    expect(tracker.lastEventId()).toBe(13);
  });

  it('counts what happens while the open alerts are read, and is told of it after them', async () => {
    const { tracker, told, answer } = openTracker({}, true);
    tracker.take(hello(10));
    tracker.take(event(alert('a', 11, { level: 'red' })));
    tracker.take(event(alert('b', 12)));
    expect(told).toEqual([]);
    // The list was made before `b` and after `a` became red.
    await answer(alert('a', 11, { level: 'red' }), alert('old', 3));
    expect(told).toEqual(['new a', 'new old at start', 'new b']);
  });

  it('is not lost when the connection breaks during the first reading', async () => {
    const { tracker, told, answer } = openTracker();
    tracker.take(hello(10));
    tracker.take(hello(20));
    await answer(alert('never told', 1));
    await answer(alert('old', 3), alert('meanwhile', 15));
    expect(told).toEqual(['new meanwhile']);
    expect(tracker.lastEventId()).toBe(20);
  });

  it('waits for a console that cannot answer, and goes on then', async () => {
    const { tracker, told, answer, fail, retries } = openTracker();
    tracker.take(hello(10));
    await fail();
    tracker.take(event(alert('a', 11)));
    expect(retries).toHaveLength(1);
    retries[0]?.();
    await answer();
    expect(told).toEqual(['new a']);
  });

  it('is compared after a long break: what ended, what came, what changed, and not what stayed', async () => {
    const known = Object.fromEntries(['gone', 'same', 'worse', 'forgotten'].map((id) => [id, alert(id, 5)]));
    const { tracker, told, answer, memory } = openTracker({ lastEventId: 8, known });
    tracker.take(hello(100, true));
    await answer(alert('same', 5), alert('worse', 60, { level: 'red' }), alert('new', 70));
    expect(told.sort()).toEqual(['closed gone', 'new new', 'worse worse']);
    expect(Object.keys(memory()?.known ?? {}).sort()).toEqual(['gone', 'new', 'same', 'worse']);
    expect(memory()?.lastEventId).toBe(100);
  });
});
