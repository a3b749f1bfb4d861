import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { alertsPath } from '#alerts/io/schema.ts';
import { verifyLedger } from '#alerts/io/verify.ts';
import { CONSOLE, POINTS, sampleRegistry, T0, transition, webhook } from '#alerts/testing/sample.ts';
import type { AlertCommand } from '#model/alert.ts';
import type { ChannelConfig } from '#model/channel.ts';
import { openClock } from '#model/io/clock.ts';
import { openWritable } from '#model/io/sqlite.ts';
import { openDesk, openReceiver, registryPort, stageContext, until } from './support.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function desk(channels: readonly ChannelConfig[] = [CONSOLE]) {
  const registry = registryPort(sampleRegistry(channels));
  const { context, counts } = stageContext(openClock({ kind: 'real' }));
  const opened = await openDesk(registry, context);
  closing.push(opened.close);
  const alerts = (open = true, origin?: 'live' | 'simulated') =>
    opened.reader.list(
      origin === undefined ? { gridCodes: ['331004'], open } : { gridCodes: ['331004'], open, origin },
      1_000,
      null,
    ).items;
  return { ...opened, registry, counts, alerts };
}

async function hook() {
  const receiver = await openReceiver();
  closing.push(receiver.close);
  return receiver;
}

const command = (id: string, alertId: string, action: AlertCommand['action'], note = ''): AlertCommand => ({
  id,
  alertId,
  action,
  by: 'v1-head',
  atMs: Date.now(),
  from: 'console',
  note,
});

describe('from the log of transitions to the store', () => {
  it('makes one alert of each episode, with its people and its reasons', async () => {
    const county = await desk();
    county.sees(
      transition({ n: 1, to: 'blue' }),
      transition({ n: 2, from: 'blue', to: 'red' }),
      transition({ n: 3, to: 'yellow', point: 'P2' }),
      transition({ n: 4, to: 'blue', edge: 'edge-1', hazard: 'equipment', sensorId: null }),
    );
    await until('three alerts', () => county.alerts().length === 3);
    const [first, second, third] = county.alerts();
    expect(first).toMatchObject({ level: 'red', round: 2, raisedAtMs: T0 + 60_000, gridCode: '331004001001' });
    expect(new Set(first?.recipients.map((one) => one.tier)).size).toBe(3);
    expect(second).toMatchObject({ level: 'yellow', subject: { id: 'P2' } });
    expect(third).toMatchObject({ subject: { kind: 'edge' }, gridCode: '331004001' });
    const kinds = county.reader.events(first?.id ?? '').map((event) => event.kind);
    expect(kinds).toEqual([
      'raised',
      'targeted',
      'call',
      'conditionChanged',
      'levelChanged',
      'targeted',
      'evacuation',
      'call',
    ]);
    expect(county.reader.deliveries(first?.id ?? '').map((row) => [row.channel, row.state])).toEqual([
      ['console', 'sent'],
      ['console', 'sent'],
    ]);
    await until('the gauge', () => county.counts.get('fengsui_alerts_open{"level":"red"}') === 1);
  });

  it('a transition that is read twice changes nothing, also when its log begins anew', async () => {
    const county = await desk();
    county.sees(transition({ n: 1, to: 'orange' }), transition({ n: 2, from: 'orange', to: 'red' }));
    await until('the alert', () => county.alerts()[0]?.level === 'red');
    const head = county.reader.head();
    await county.stop();
    const db = openWritable(alertsPath(county.dataDir), '');
    db.exec("UPDATE cursors SET pos = 99 WHERE log = 'transitions'");
    db.close();
    await county.restart();
    await until(
      'the cursor to come back',
      () => county.counts.get('fengsui_alerts_entries_total{"log":"transitions"}') === 4,
    );
    expect(county.reader.head()).toBe(head);
    expect(county.alerts()).toHaveLength(1);
  });

  it('takes a command, answers it, and shows who did it', async () => {
    const county = await desk();
    county.sees(transition({ n: 1, to: 'orange' }));
    const { id } = await until('the alert', () => county.alerts()[0]);
    county.does(command('c1', id, 'acknowledge'));
    expect(await until('an answer', () => county.reader.commandResult('c1'))).toMatchObject({ ok: true });
    expect(county.reader.get(id)).toMatchObject({ lifecycle: 'acknowledged', acknowledged: { by: 'v1-head' } });
    county.does(command('c2', id, 'close'));
    const refused = await until('an answer', () => county.reader.commandResult('c2'));
    expect(refused.ok).toBe(false);
    expect(refused.message.zh).toContain('不能办结');
    county.sees(transition({ n: 2, from: 'orange', to: 'none' }));
    await until('clear', () => county.reader.get(id)?.condition === 'cleared');
    county.does(command('c3', id, 'close', '已排查'));
    await until('the close', () => county.alerts(false).length === 1);
    expect(county.alerts()).toEqual([]);
    expect(county.reader.get(id)?.version).toBe(county.reader.head());
    county.sees(transition({ n: 3, to: 'blue' }));
    expect((await until('a new one', () => county.alerts()[0])).id).not.toBe(id);
    expect(county.reader.commandResult('c9')).toBeUndefined();
  });

  it('an entry that cannot be taken is set aside and stops nothing behind it', async () => {
    const county = await desk();
    const broken = { ...transition({ n: 1, to: 'red' }), evidence: null } as unknown as ReturnType<typeof transition>;
    county.sees(broken, transition({ n: 2, to: 'red', point: 'P2' }));
    await until('the alert behind it', () => county.alerts().length === 1);
    expect(county.counts.get('fengsui_alerts_rejected_total{"log":"transitions"}')).toBe(1);
  });

  it('a point that moves while its alert is open is told to the people there, and is seen there', async () => {
    const county = await desk();
    county.sees(transition({ n: 1, to: 'blue' }));
    const { id } = await until('the alert', () => county.alerts()[0]);
    const points = POINTS.map((one) => (one.id === 'P1' ? { ...one, gridCode: '331004002001' } : one));
    county.registry.replace(sampleRegistry([CONSOLE], points));
    await until('the move', () => county.reader.get(id)?.gridCode === '331004002001');
    expect(county.reader.get(id)?.recipients.map((one) => one.personId)).toEqual(['v3-head']);
    const seenFrom = (code: string) => county.reader.list({ gridCodes: [code] }, 10, null).items.length;
    expect([seenFrom('331004002'), seenFrom('331004001')]).toEqual([1, 0]);
  });
});

describe('a log that is written anew', () => {
  it('is read from its beginning, also when it was still empty as the stage began', async () => {
    const county = await desk();
    for (let n = 1; n <= 5; n++) county.sees(transition({ n, to: 'blue', point: n % 2 === 0 ? 'P1' : 'P2' }));
    await until('two alerts', () => county.alerts().length === 2);
    await county.restartOnEmptyTransitions();
    county.sees(transition({ n: 90, to: 'yellow', point: 'P1', hazard: 'rainstorm' }));
    await until('the third alert', () => county.alerts().length === 3);
  });
});

describe('the reader', () => {
  it('pages through open alerts, worst first, newest first, and only in the given subtrees', async () => {
    const county = await desk();
    const levels = ['blue', 'red', 'yellow', 'orange'] as const;
    const hazards = ['landslide', 'rainstorm', 'flood', 'fire', 'equipment'] as const;
    let n = 0;
    for (const { id: point } of POINTS)
      for (const hazard of hazards) county.sees(transition({ n: ++n, to: levels[n % 4] ?? 'blue', point, hazard }));
    await until('all alerts', () => county.alerts().length === 20);
    const all = county.alerts();
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const page = county.reader.list({ gridCodes: ['331004'] }, 3, cursor);
      pages.push(...page.items.map((one) => one.id));
      cursor = page.next;
    } while (cursor !== null);
    expect(pages).toEqual(all.map((one) => one.id));
    const rank = (level: string) => ['blue', 'yellow', 'orange', 'red'].indexOf(level);
    for (let at = 1; at < all.length; at++) {
      const [x, y] = [all[at - 1], all[at]];
      if (x === undefined || y === undefined) continue;
      expect(rank(x.level) > rank(y.level) || (x.level === y.level && x.raisedAtMs >= y.raisedAtMs)).toBe(true);
    }
    const of = (...gridCodes: string[]) => county.reader.list({ gridCodes }, 100, null).items.length;
    expect([of('331004001'), of('331004001001'), of('331004002', '331004001002'), of('33100400'), of()]).toEqual([
      15, 10, 10, 0, 0,
    ]);
  });
});

describe('the ledger', () => {
  it('is whole after a life, and shows an edit, a deletion, a swap and a cut', async () => {
    const county = await desk();
    county.sees(...[1, 2, 3, 4].map((n) => transition({ n, to: 'orange', point: `P${n}` })));
    await until('the alerts', () => county.alerts().length === 4);
    await county.stop();
    const whole = verifyLedger(county.dataDir);
    expect(whole).toMatchObject({ ok: true, value: { seq: 12 } });
    if (!whole.ok) return;
    const spoil = (sql: string, mend: string, anchor?: typeof whole.value) => {
      const db = openWritable(alertsPath(county.dataDir), '');
      db.exec(sql);
      const found = verifyLedger(county.dataDir, anchor);
      db.exec(mend);
      db.close();
      return found.ok ? 'whole' : `${found.error.kind}@${found.error.seq}`;
    };
    const copy = 'CREATE TABLE kept AS SELECT * FROM events;';
    const back = 'DELETE FROM events; INSERT INTO events SELECT * FROM kept; DROP TABLE kept;';
    expect(spoil(`${copy} UPDATE events SET body = replace(body, 'P3', 'P1') WHERE seq = 7`, back)).toBe('edited@7');
    expect(spoil(`${copy} DELETE FROM events WHERE seq = 3`, back)).toBe('gap@3');
    expect(spoil(`${copy} UPDATE events SET alert_id = 'x' WHERE seq = 2`, back)).toBe('moved@2');
    expect(spoil(`${copy} DELETE FROM events WHERE seq > 6`, back)).toBe('truncated@6');
    expect(
      spoil(
        `${copy} DELETE FROM events WHERE seq > 6; UPDATE alerts SET version = 6 WHERE version > 6`,
        back,
        whole.value,
      ),
    ).toBe('truncated@6');
    expect(verifyLedger(county.dataDir, whole.value)).toEqual(whole);
  });
});

describe('delivery to a webhook', () => {
  it('posts one message for each raise and level change, with people, reason and a signature', async () => {
    const receiver = await hook();
    process.env['FENGSUI_TEST_SECRET'] = 'torch';
    const county = await desk([CONSOLE, webhook(receiver.url, ['live'], { secretEnv: 'FENGSUI_TEST_SECRET' })]);
    county.sees(
      transition({ n: 1, to: 'yellow' }),
      transition({ n: 2, from: 'yellow', to: 'red' }),
      transition({ n: 3, from: 'red', to: 'blue' }),
    );
    await until('three requests', () => receiver.received.length === 3);
    const bodies = receiver.received.map(
      (one) => JSON.parse(one.body) as { change: string; recipients: unknown[]; text: { zh: string } },
    );
    expect(bodies.map((one) => one.change).sort()).toEqual(['lowered', 'raised', 'worsened']);
    for (const body of bodies) {
      expect(body.recipients.length).toBeGreaterThan(2);
      expect(body.text.zh).toContain('青石岭滑坡');
    }
    expect(new Set(receiver.received.map((one) => one.key)).size).toBe(3);
    for (const { body, headers } of receiver.received)
      expect(headers['fengsui-signature']).toBe(`sha256=${createHmac('sha256', 'torch').update(body).digest('hex')}`);
    const [alert] = county.alerts();
    await until('all recorded', () => county.reader.deliveries(alert?.id ?? '').every((row) => row.state === 'sent'));
  });

  it('tries again with the same key while the receiver is away, and waits as long as it asks', async () => {
    const receiver = await hook();
    receiver.answer = (n) => (n === 0 ? { status: 500 } : n === 1 ? { status: 429, retryAfter: '1' } : undefined);
    const county = await desk([webhook(receiver.url)]);
    const startedMs = performance.now();
    county.sees(transition({ n: 1, to: 'red' }));
    const { id } = await until('the alert', () => county.alerts()[0]);
    const row = await until('delivery', () => county.reader.deliveries(id).find((one) => one.state === 'sent'));
    expect(row.attempts).toBe(3);
    expect(performance.now() - startedMs).toBeGreaterThan(1_000);
    expect(new Set(receiver.received.map((one) => one.key)).size).toBe(1);
    expect(receiver.received.every((one) => one.headers['fengsui-repeat'] === undefined)).toBe(true);
  });

  it('gives up visibly when the receiver keeps saying no', async () => {
    const receiver = await hook();
    receiver.answer = () => ({ status: 400 });
    const county = await desk([webhook(receiver.url)]);
    county.sees(transition({ n: 1, to: 'red' }));
    const { id } = await until('the alert', () => county.alerts()[0]);
    const row = await until('the end', () => county.reader.deliveries(id).find((one) => one.state === 'failed'));
    expect(row).toMatchObject({ attempts: 3, detail: 'HTTP 400' });
    expect(receiver.received).toHaveLength(3);
    expect(county.reader.events(id).at(-1)).toMatchObject({ kind: 'deliveryResult', facts: { state: 'failed' } });
  });

  it('keeps knocking at a door that is locked, moved or not there yet', async () => {
    const receiver = await hook();
    const answers = [401, 404, 302, 403, 405];
    receiver.answer = (n) => (answers[n] === undefined ? undefined : { status: answers[n] });
    const county = await desk([webhook(receiver.url)]);
    county.sees(transition({ n: 1, to: 'red' }));
    const { id } = await until('the alert', () => county.alerts()[0]);
    const row = await until('delivery', () => county.reader.deliveries(id).find((one) => one.state === 'sent'));
    expect(row.attempts).toBe(answers.length + 1);
  });

  it('a receiver that hangs delays no other channel, and a request without an answer is repeated as such', async () => {
    const hanging = await hook();
    const healthy = await hook();
    hanging.answer = (n) => (n === 0 ? 'hang' : undefined);
    const slow = webhook(hanging.url, ['live'], { id: 'slow', timeoutMs: 2_000 });
    const county = await desk([slow, webhook(healthy.url, ['live'], { id: 'good' })]);
    const startedMs = performance.now();
    county.sees(transition({ n: 1, to: 'red' }));
    await until('the healthy one', () => healthy.received.length === 1);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    await until('the repeat', () => hanging.received.length === 2);
    const [first, second] = hanging.received;
    expect(second?.key).toBe(first?.key);
    expect([first?.headers['fengsui-repeat'], second?.headers['fengsui-repeat']]).toEqual([undefined, 'unknown']);
    expect(second?.body).toContain('【重发】');
  });

  it('leaves out what is below the channel’s floor, but says that a level it told is over', async () => {
    const receiver = await hook();
    const county = await desk([webhook(receiver.url, ['live'], { minLevel: 'orange' })]);
    county.sees(transition({ n: 1, to: 'blue' }), transition({ n: 2, from: 'blue', to: 'orange' }));
    await until('the raise', () => receiver.received.length === 1);
    county.sees(transition({ n: 3, from: 'orange', to: 'blue' }), transition({ n: 4, from: 'blue', to: 'none' }));
    await until('the lowering', () => receiver.received.length === 2);
    expect(receiver.received.map((one) => (JSON.parse(one.body) as { change: string }).change)).toEqual([
      'worsened',
      'lowered',
    ]);
  });
});

describe('the gate before a real channel', () => {
  const origins = ['simulated', 'replay', 'drill'] as const;

  it('not one request leaves for rows that are not live, and the refusal is on record', async () => {
    const receiver = await hook();
    const county = await desk([CONSOLE, webhook(receiver.url)]);
    county.sees(...origins.map((origin, n) => transition({ n: n + 1, to: 'red', origin })));
    await until('the alerts', () => county.alerts().length === 3);
    county.sees(transition({ n: 9, to: 'red' }));
    await until('the live one', () => receiver.received.length === 1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ alert: { origin: 'live' } });
    for (const alert of county.alerts().filter((one) => one.origin !== 'live')) {
      const states = county.reader.deliveries(alert.id).map((row) => [row.channel, row.state]);
      expect(states).toEqual([
        ['console', 'sent'],
        ['hook', 'refused'],
      ]);
      expect(county.reader.events(alert.id).map((event) => event.kind)).toContain('refused');
    }
    expect(county.alerts(true, 'simulated')).toHaveLength(1);
  });

  it('a row that is slipped into the queue, or whose message lies, gets no further', async () => {
    const receiver = await hook();
    const county = await desk([CONSOLE, webhook(receiver.url)]);
    county.sees(...origins.map((origin, n) => transition({ n: n + 1, to: 'red', origin })));
    await until('the alerts', () => county.alerts().length === 3);
    const slippedIn = county.alerts().map(({ id, origin }, n) => ({ id, origin, n }));
    await county.stop();
    const db = openWritable(alertsPath(county.dataDir), '');
    for (const { n, id, origin } of slippedIn) {
      const message = {
        key: `k${n}`,
        alert: { id, origin: n === 0 ? origin : 'live' },
        text: { zh: '', en: '' },
        recipients: [],
      };
      db.prepare("UPDATE deliveries SET state = 'queued' WHERE channel = 'hook' AND alert_id = ?").run(id);
      db.prepare('INSERT INTO messages SELECT n, ? FROM deliveries WHERE channel = ? AND alert_id = ?').run(
        JSON.stringify(message),
        'hook',
        id,
      );
    }
    db.close();
    await county.restart();
    await until(
      'three refusals',
      () => county.counts.get('fengsui_deliveries_total{"channel":"hook","result":"refused"}') === 3,
    );
    expect(receiver.received).toEqual([]);
  });

  it('a channel that allows drills gets drills, marked as such', async () => {
    const receiver = await hook();
    const county = await desk([webhook(receiver.url, ['live', 'drill'])]);
    county.sees(...origins.map((origin, n) => transition({ n: n + 1, to: 'red', origin })));
    await until('the drill', () => receiver.received.length === 1);
    expect(receiver.received[0]?.body).toContain('【演练】');
  });
});
