/**
 * E-mail by SMTP: STARTTLS or TLS with the server's certificate checked, one plain letter a person, its Message-ID made from
 * the delivery's key so that a mailbox shows a repeat as what it is.
 */
import { createHash } from 'node:crypto';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailChannel } from '#model/channel.ts';
import { composeLetter } from '../../channels/texts.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, ChannelTools, Parcel } from './channel.ts';
import { secretOf } from './http.ts';

type Login = { readonly user: string; readonly pass: string } | null;
type Letter = { readonly envelope: { readonly from: string; readonly to: string }; readonly raw: Buffer };
type Trouble = Error & { readonly responseCode?: number | undefined };

const away = (detail: string): SendResult => ({ kind: 'away', detail, afterMs: null });

export const messageIdOf = (key: string, from: string): string =>
  `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${from.split('@')[1] ?? 'localhost'}>`;

async function letterOf(config: EmailChannel, parcel: Parcel, to: string, zone: string): Promise<Letter> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const { message, repeated } = parcel;
  const { subject, text } = composeLetter(message, zone, { repeated });
  const mail = new MailComposer({
    from: { name: '烽燧预警', address: config.from },
    to: { name: parcel.to?.name ?? '', address: to },
    subject,
    text,
    messageId: messageIdOf(message.key, config.from),
    headers: { 'Auto-Submitted': 'auto-generated', ...(message.alert.level === 'red' ? { Importance: 'high' } : {}) },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { envelope: { from: config.from, to }, raw: await mail.compile().build() };
}

/** Before the letter is given over every trouble is the door's; after that only what the server says is certain. */
function judge(trouble: Trouble, given: boolean): SendResult {
  const { responseCode, message } = trouble;
  if (responseCode === undefined) return given ? { kind: 'unsure', detail: message } : away(message);
  if (!given || responseCode < 500) return away(message);
  return { kind: 'rejected', detail: message };
}

/** One conversation with the server; `letter` null only knocks. Everything in it shares the channel's time limit. */
function talk(connection: SMTPConnection, login: Login, letter: Letter | null): Promise<SendResult> {
  return new Promise((resolve) => {
    let given = false;
    let over = false;
    const end = (result: SendResult): void => {
      if (over) return;
      over = true;
      connection.quit();
      resolve(result);
    };
    const failed = (trouble: Trouble): void => end(judge(trouble, given));
    const give = (): void => {
      if (letter === null) {
        end({ kind: 'accepted', detail: 'the server answers and takes the login' });
        return;
      }
      given = true;
      const { envelope, raw } = letter;
      connection.send(envelope, raw, (trouble, info) =>
        trouble === null
          ? end({ kind: 'accepted', detail: String(info?.response ?? '').slice(0, 120) })
          : failed(trouble),
      );
    };
    connection.on('error', failed);
    connection.once('end', () => failed(new Error('the connection ended')));
    connection.connect((trouble) => {
      if (trouble !== undefined && trouble !== null) failed(trouble);
      else if (login === null) give();
      else connection.login({ credentials: login }, (refused) => (refused === null ? give() : failed(refused)));
    });
  });
}

function loginOf({ userEnv, passwordEnv }: EmailChannel): { readonly login: Login } | { readonly away: SendResult } {
  if (userEnv === null || passwordEnv === null) return { login: null };
  const [user, pass] = [secretOf(userEnv), secretOf(passwordEnv)];
  if (!user.ok) return user;
  return pass.ok ? { login: { user: user.value, pass: pass.value } } : pass;
}

export function openEmail(config: EmailChannel, tools: ChannelTools): Channel {
  const { host, port, security, timeoutMs } = config;
  const converse = async (letter: Letter | null, signal: AbortSignal): Promise<SendResult> => {
    const found = loginOf(config);
    if ('away' in found) return found.away;
    const { default: Connection } = await import('nodemailer/lib/smtp-connection');
    const connection = new Connection({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
    });
    // A server that lets one byte drip in at a time gets no longer than the others.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const stop = (): void => connection.close();
    limit.addEventListener('abort', stop, { once: true });
    try {
      return await talk(connection, found.login, letter);
    } finally {
      limit.removeEventListener('abort', stop);
      connection.close();
    }
  };
  return {
    send: async (parcel, signal) => {
      const to = parcel.to?.email ?? '';
      if (to === '') return { kind: 'rejected', detail: 'the person has no e-mail address' };
      return converse(await letterOf(config, parcel, to, tools.registry().county.zone), signal);
    },
    selfTest: (signal) => converse(null, signal),
  };
}
