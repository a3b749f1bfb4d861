import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEmail } from '#alerts/io/channels/email.ts';
import type { EmailChannel } from '#model/channel.ts';
import { needs } from '#test/support/needs.ts';
import { parcel, tools, WHO } from './parcel.ts';
import { hasSink, type Mode, makeCertificate, startSink } from './smtp-sink.ts';

const never = new AbortController().signal;
const ready = needs('openssl', 'python3') && hasSink();
const channel = (port: number, more: Partial<EmailChannel> = {}) =>
  openEmail(
    {
      id: 'mail',
      kind: 'email',
      host: 'localhost',
      port,
      security: 'none',
      from: 'fengsui@county.example.cn',
      userEnv: null,
      passwordEnv: null,
      minLevel: 'blue',
      timeoutMs: 4_000,
      accepts: ['live'],
      ...more,
    },
    tools(),
  );

describe.skipIf(!ready)('e-mail, to a real SMTP server', () => {
  let certificate: ReturnType<typeof makeCertificate> | undefined;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(() => {
    certificate = makeCertificate();
    process.env['FENGSUI_TEST_MAIL_USER'] = 'fengsui';
    process.env['FENGSUI_TEST_MAIL_PASSWORD'] = 'mail-secret';
  });
  afterEach(async () => {
    certificate?.distrust();
    process.env['FENGSUI_TEST_MAIL_PASSWORD'] = 'mail-secret';
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => {
    certificate?.remove();
    delete process.env['FENGSUI_TEST_MAIL_USER'];
    delete process.env['FENGSUI_TEST_MAIL_PASSWORD'];
  });
  async function sink(mode: Mode) {
    const files = certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key };
    const server = await startSink({ ...mode, ...files });
    closing.push(server.stop);
    return server;
  }
  const login = { userEnv: 'FENGSUI_TEST_MAIL_USER', passwordEnv: 'FENGSUI_TEST_MAIL_PASSWORD' };

  it('writes one plain letter a person, Chinese first, with an id that a repeat keeps', async () => {
    const server = await sink({ security: 'none' });
    const mail = channel(server.port);
    expect(await mail.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
    expect(await mail.send(parcel({ repeated: true, origin: 'drill' }), never)).toMatchObject({ kind: 'accepted' });
    expect(await mail.send(parcel({ key: 'another' }), never)).toMatchObject({ kind: 'accepted' });
    // The server tells what it took on a pipe of its own, which may be behind its answer.
    await expect.poll(() => server.taken().length).toBe(3);
    const [first, second, third] = server.taken();
    expect(first).toMatchObject({ to: ['v1-head@example.cn'], tls: false, auto: 'auto-generated' });
    expect(first?.subject).toBe('青石岭滑坡红色预警：24小时雨量 128.5 mm，超过 100 mm');
    expect(first?.text).toMatch(/^青石岭滑坡红色预警[\s\S]+请做：请立即组织转移[\s\S]+What to do: Evacuate now/u);
    expect(second?.subject).toMatch(/^【重发】【演练】青石岭/u);
    expect(second?.id).toBe(first?.id);
    expect(third?.id).not.toBe(first?.id);
  });

  it.each(['starttls', 'tls'] as const)(
    'speaks %s, logs in, and trusts no stranger’s certificate',
    async (security) => {
      const server = await sink({ security, auth: true });
      const mail = channel(server.port, { security, ...login });
      const stranger = await mail.send(parcel(), never);
      expect(stranger).toMatchObject({ kind: 'away' });
      expect(stranger.detail).toMatch(/certificate/);
      certificate?.trust();
      expect(await mail.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
      await expect.poll(() => server.taken()).toMatchObject([{ tls: true, login: true }]);
      process.env['FENGSUI_TEST_MAIL_PASSWORD'] = 'wrong-guess';
      const refused = await mail.send(parcel(), never);
      expect(refused).toMatchObject({ kind: 'away' });
      expect(refused.detail).toContain('535');
      expect(refused.detail).toContain('535');
      expect(refused.detail).not.toContain('wrong-guess');
      expect(server.taken()).toHaveLength(1);
    },
  );

  it('does not fall back to clear text where the server offers no TLS', async () => {
    const server = await sink({ security: 'none' });
    expect(await channel(server.port, { security: 'starttls' }).send(parcel(), never)).toMatchObject({ kind: 'away' });
    expect(server.taken()).toEqual([]);
  });

  it('is tried as far as the login, and no letter is written', async () => {
    const server = await sink({ security: 'starttls', auth: true });
    certificate?.trust();
    const mail = channel(server.port, { security: 'starttls', ...login });
    expect(await mail.selfTest?.(never)).toMatchObject({ kind: 'accepted' });
    process.env['FENGSUI_TEST_MAIL_PASSWORD'] = 'wrong-guess';
    expect(await mail.selfTest?.(never)).toMatchObject({ kind: 'away' });
    expect(server.taken()).toEqual([]);
  });

  it('knows a no about the letter from a no for now', async () => {
    const { port } = await sink({ security: 'none' });
    const mail = channel(port);
    const to = (email: string | null) => mail.send(parcel({ to: { ...WHO, email } }), never);
    expect(await to('nobody@example.cn')).toMatchObject({ kind: 'rejected' });
    expect(await to('greylisted@example.cn')).toMatchObject({ kind: 'away' });
    expect(await to(null)).toMatchObject({ kind: 'rejected' });
  });

  it('does not know what became of a letter when the line is cut behind it', async () => {
    const server = await sink({ security: 'none', cut: true });
    expect(await channel(server.port).send(parcel(), never)).toMatchObject({ kind: 'unsure' });
    await expect.poll(() => server.taken().length).toBe(1);
  });
});

describe('e-mail', () => {
  it('gives up on a server that says nothing, within its time limit, with nothing handed over', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const result = await channel(port, { host: '127.0.0.1', timeoutMs: 300 }).send(parcel(), never);
    expect(result).toMatchObject({ kind: 'away' });
    silent.close();
  });
});
