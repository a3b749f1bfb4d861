/** The channels by which alerts leave, as the county configures them: one row of the union a kind. */
import type { Level } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard } from '#model/registry.ts';

/** What every channel that hands something over has. Secrets are named (`…Env`), never written down. */
export type ChannelBase = {
  readonly id: string;
  /** Levels and up that go out by this channel. */
  readonly minLevel: Level;
  readonly timeoutMs: number;
  /** A real channel reaches people: it takes `live` only, and `drill` where allowed. A test channel names what it takes. */
  readonly accepts: readonly Origin[];
  /** Messages a minute that it can bear; what is beyond waits, worst first. Absent: no limit. */
  readonly ratePerMinute?: number;
  /** The channel that takes over while this one is down. */
  readonly fallback?: string;
  /** How often it is tried without reaching anybody; absent: once an hour. */
  readonly selfTestEveryMs?: number;
};

export type ConsoleChannel = { readonly id: string; readonly kind: 'console' };
export type WebhookChannel = ChannelBase & {
  readonly kind: 'webhook';
  readonly url: string;
  /** Signs the body (HMAC-SHA256). */
  readonly secretEnv: string | null;
  /** A platform that takes an incident over (119 接处警): these hazards from this level on, and nothing else. */
  readonly handover?: { readonly hazards: readonly AlertHazard[]; readonly minLevel: Level };
};
export type EmailChannel = ChannelBase & {
  readonly kind: 'email';
  readonly host: string;
  readonly port: number;
  /** `none` only towards this machine itself. */
  readonly security: 'none' | 'starttls' | 'tls';
  readonly from: string;
  readonly userEnv: string | null;
  readonly passwordEnv: string | null;
};
export type SmsGatewayChannel = ChannelBase & {
  readonly kind: 'sms-gateway';
  readonly url: string;
  readonly secretEnv: string | null;
};
/** A gateway that rings people up, speaks a text and says what came of it at `/api/v1/receipts/{channel}`. */
export type VoiceGatewayChannel = ChannelBase & {
  readonly kind: 'voice-gateway';
  readonly url: string;
  readonly secretEnv: string | null;
};
/** A GSM modem on a serial line: `sms` by AT+CMGS in PDU mode with UCS-2, `voice` by ATD with DTMF answers. */
export type ModemChannel = ChannelBase & {
  readonly kind: 'gsm-sms' | 'gsm-voice';
  /** Both kinds may name the same line; they share it. */
  readonly path: string;
  readonly baudRate: number;
};
/** A robot in a group chat; it names (@) those who are asked. */
export type RobotChannel = ChannelBase & {
  readonly kind: 'wecom' | 'dingtalk' | 'feishu';
  readonly url: string;
  /** The robot's signing secret where it has one (DingTalk, Feishu). */
  readonly secretEnv: string | null;
};
/** Speakers, sirens and LED boards by MQTT (`…/broadcast`), with receipts from the devices. */
export type BroadcastChannel = ChannelBase & {
  readonly kind: 'mqtt-broadcast';
  /** How long a broadcast stays good. */
  readonly expiresMs: number;
};
/** CAP 1.2 to a higher platform. */
export type CapChannel = ChannelBase & {
  readonly kind: 'cap';
  readonly url: string;
  readonly secretEnv: string | null;
  /** `sender` of CAP, and the agency digits of GB/T 35965.1. */
  readonly sender: string;
};
/** Emergency broadcast platform: EBD/EBM XML (GD/J 082-2018, GY/T 385-2023). */
export type EbdChannel = ChannelBase & {
  readonly kind: 'ebd';
  readonly url: string;
  readonly secretEnv: string | null;
  /** 18 digits each: who we are, and whom we speak to. */
  readonly sourceId: string;
  readonly destinationId: string;
};

export type ChannelConfig =
  | ConsoleChannel
  | WebhookChannel
  | EmailChannel
  | SmsGatewayChannel
  | VoiceGatewayChannel
  | ModemChannel
  | RobotChannel
  | BroadcastChannel
  | CapChannel
  | EbdChannel;
export type ChannelKind = ChannelConfig['kind'];
/** A channel that hands something over. */
export type SendingChannel = Exclude<ChannelConfig, ConsoleChannel>;

/**
 * Whom one delivery reaches: one person, who is asked until he answers; a platform or a group, told once a notice;
 * devices of an area, told once a notice and only from the policy's level on; or whoever looks at the screen.
 */
export type Reach = 'screen' | 'person' | 'group' | 'platform' | 'devices';
const REACH: { readonly [K in ChannelKind]: Reach } = {
  console: 'screen',
  webhook: 'platform',
  cap: 'platform',
  ebd: 'devices',
  wecom: 'group',
  dingtalk: 'group',
  feishu: 'group',
  'mqtt-broadcast': 'devices',
  email: 'person',
  'sms-gateway': 'person',
  'voice-gateway': 'person',
  'gsm-sms': 'person',
  'gsm-voice': 'person',
};
export const reachOf = (channel: Pick<ChannelConfig, 'kind'>): Reach => REACH[channel.kind];

/** How a channel does, as the alerts stage last found it; for the console and for the fall-over. */
export type ChannelHealth = {
  readonly channel: string;
  readonly kind: ChannelKind;
  /** `untested`: nothing was sent and no self-test has run. */
  readonly state: 'untested' | 'up' | 'failing' | 'down';
  readonly sinceMs: number;
  readonly failuresInARow: number;
  readonly lastOkAtMs: number | null;
  /** When it was last tried without reaching anybody. */
  readonly testedAtMs?: number;
  readonly detail: string;
};
