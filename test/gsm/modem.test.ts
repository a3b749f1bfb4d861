import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../alerts/support.ts';
import { needs } from '../support/needs.ts';
import { NEVER, openModemRig, PHONE, parcel } from './rig.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
async function rig(...given: Parameters<typeof openModemRig>) {
  const opened = await openModemRig(...given);
  closing.push(opened.close);
  return opened;
}

const RED = '【演练】青石岭滑坡红色预警：裂缝位移一小时增加 62.0 mm，请立即转移。';

describe.skipIf(!needs('socat'))('short messages through a modem', () => {
  it('a message arrives as it was written, its report and its answer come back', async () => {
    const { open, modem, receipts } = await rig({
      report: { afterMs: 50, status: 0 },
      replies: { [PHONE]: { afterMs: 120, text: '１' } },
      chatty: true,
    });
    const sms = open('gsm-sms');
    expect(await sms.send(parcel('k1', RED, { ask: true }), NEVER)).toMatchObject({ kind: 'accepted' });
    expect(modem.sent()).toEqual([
      { number: PHONE, text: `${RED}收到请回复1，不能处置请回复2。`, atMs: expect.any(Number) },
    ]);
    await until('receipts', () => receipts.length === 2);
    expect(receipts).toMatchObject([
      { key: 'k1', from: null, event: 'delivered', channel: 'gsm-sms' },
      { key: null, from: PHONE, event: 'answered', detail: '１' },
    ]);
  });

  it('a long one goes in parts and is delivered when the last part is', async () => {
    const { open, modem, receipts } = await rig({ report: { afterMs: 30, status: 0 } });
    const text = `${'山洪暴雨𠮷'.repeat(28)}完`;
    expect(await open('gsm-sms').send(parcel('k2', text), NEVER)).toMatchObject({
      kind: 'accepted',
      detail: '+CMGS 1 2 3',
    });
    expect(modem.parts().map(({ concat }) => concat?.n)).toEqual([1, 2, 3]);
    expect(modem.sent()[0]?.text).toBe(`${text}。`);
    await until('the report', () => receipts.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(receipts.map(({ event }) => event)).toEqual(['delivered']);
  });

  it('says what is wrong and whether it helps to try again', async () => {
    const { open, modem } = await rig();
    const sms = open('gsm-sms');
    const detail = async () => {
      const result = await sms.send(parcel('k3', RED), NEVER);
      return [result.kind, result.detail];
    };
    modem.set({ send: { kind: 'error', cms: 38 } });
    expect(await detail()).toEqual(['away', expect.stringContaining('out of order')]);
    modem.set({ send: { kind: 'error', cms: 28 } });
    expect(await detail()).toEqual(['rejected', expect.stringContaining('list of people')]);
    modem.set({ send: { kind: 'ok' }, registered: 2 });
    expect(await detail()).toEqual(['away', expect.stringContaining('antenna')]);
    expect(await sms.selfTest?.(NEVER)).toMatchObject({ kind: 'away', detail: expect.stringContaining('looking') });
    modem.set({ registered: 1, sim: 'pin' });
    expect(await sms.selfTest?.(NEVER)).toMatchObject({ kind: 'away', detail: expect.stringContaining('PIN') });
    modem.set({ sim: 'ready', signal: 2 });
    expect(await sms.selfTest?.(NEVER)).toEqual({
      kind: 'accepted',
      detail: 'registered, signal -109 dBm, weak: move the antenna',
    });
    expect(await sms.send(parcel('k4', RED, { phone: '' }), NEVER)).toMatchObject({ kind: 'rejected' });
  });

  it('what was handed over to a modem that falls silent is unsure, and the line is set up anew', async () => {
    const { open, modem } = await rig({ send: { kind: 'silent' } });
    const sms = open('gsm-sms', 300);
    expect(await sms.send(parcel('k5', RED), NEVER)).toMatchObject({ kind: 'unsure' });
    modem.set({ send: { kind: 'ok' } });
    let result = await sms.send(parcel('k5', RED, { repeated: true }), NEVER);
    const endMs = performance.now() + 5_000;
    while (result.kind !== 'accepted' && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      result = await sms.send(parcel('k5', RED, { repeated: true }), NEVER);
    }
    expect(modem.sent()[0]?.text).toContain('【重发】');
  });

  it('a modem that is pulled out is away, and back within five seconds of being plugged in', async () => {
    const { open, modem, plug, receipts } = await rig();
    const sms = open('gsm-sms');
    expect(await sms.send(parcel('k6', RED), NEVER)).toMatchObject({ kind: 'accepted' });
    plug.set(false);
    let result = await sms.selfTest?.(NEVER);
    const endMs = performance.now() + 5_000;
    while (result?.kind === 'accepted' && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      result = await sms.selfTest?.(NEVER);
    }
    expect(result).toMatchObject({ kind: 'away' });
    plug.set(true);
    modem.boot();
    const backMs = performance.now();
    for (result = await sms.selfTest?.(NEVER); result?.kind !== 'accepted'; result = await sms.selfTest?.(NEVER)) {
      if (performance.now() - backMs > 5_000) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(result).toMatchObject({ kind: 'accepted' });
    modem.receive(`+86${PHONE}`, '2');
    await until('the answer', () => receipts.some(({ event }) => event === 'cannot'));
  });

  it('a reply that came while nobody listened is read when the line is there', async () => {
    const { open, modem, receipts } = await rig();
    modem.receive(`+86${PHONE}`, '2');
    modem.receive('10086', '您的余额不足');
    open('gsm-sms');
    await until('receipts', () => receipts.length === 2);
    expect(receipts).toMatchObject([
      { from: PHONE, event: 'cannot' },
      { from: '10086', event: 'read', detail: '您的余额不足' },
    ]);
  });
});

describe.skipIf(!needs('socat'))('calls through a modem', () => {
  it('who picks up hears the alert and presses 1', async () => {
    const { open, modem, receipts } = await rig({
      calls: { [PHONE]: { kind: 'answer', afterMs: 100, key: { digit: '1', afterMs: 1_200 }, hangUpAfterMs: 5_000 } },
    });
    expect(await open('gsm-voice').send(parcel('v1', RED, { ask: true }), NEVER)).toMatchObject({ kind: 'accepted' });
    expect(modem.dialled()).toEqual([PHONE]);
    expect(modem.spoken().join('')).toContain('请立即转移');
    expect(receipts).toMatchObject([{ key: 'v1', event: 'answered' }]);
  });

  it('who picks up and presses nothing has heard it; who is busy, or does not, was not reached', async () => {
    const { open, modem, receipts } = await rig({ speaks: false });
    const [voice, sms] = [open('gsm-voice', 1_500), open('gsm-sms')];
    modem.set({ calls: { '*': { kind: 'answer', afterMs: 50, key: null, hangUpAfterMs: 700 } } });
    const calling = voice.send(parcel('v2', RED), NEVER);
    // The line is shared: the message waits for the call.
    expect(await sms.send(parcel('s2', RED), NEVER)).toMatchObject({ kind: 'accepted' });
    expect(await calling).toMatchObject({ kind: 'accepted' });
    modem.set({ calls: { '*': { kind: 'busy', afterMs: 50 } } });
    await voice.send(parcel('v3', RED), NEVER);
    modem.set({ calls: { '*': { kind: 'noAnswer', afterMs: 60_000 } } });
    await voice.send(parcel('v4', RED), NEVER);
    const told = receipts.filter(({ channel }) => channel === 'gsm-voice');
    expect(told.map(({ key, event, detail }) => [key, event, detail])).toEqual([
      ['v2', 'heard', 'picked up, pressed nothing'],
      ['v3', 'failed', 'BUSY'],
      ['v4', 'failed', 'nobody picked up'],
    ]);
  });

  it('a drill’s call gives way to a real one, and is tried again', async () => {
    const { open, modem, receipts } = await rig({
      calls: { '*': { kind: 'answer', afterMs: 50, key: null, hangUpAfterMs: 60_000 } },
    });
    const voice = open('gsm-voice');
    const drill = voice.send(parcel('d1', RED, { drill: true }), NEVER);
    await until('the drill rings', () => modem.dialled().length === 1);
    modem.set({
      calls: { '*': { kind: 'answer', afterMs: 50, key: { digit: '1', afterMs: 1_000 }, hangUpAfterMs: 60_000 } },
    });
    const beganMs = performance.now();
    expect(await voice.send(parcel('v5', '红色预警'), NEVER)).toMatchObject({ kind: 'accepted', detail: 'pressed 1' });
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    expect(await drill).toMatchObject({ kind: 'away', detail: 'gave way to a real alert' });
    expect(receipts.map(({ key }) => key)).toEqual(['v5']);
  });
});
