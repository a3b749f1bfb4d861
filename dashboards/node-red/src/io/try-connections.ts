/** Tries what a server node is set to, without changing anything, and says what came of it in one line each. */
import { isFields, type ServerLink } from '../link.ts';
import type { ServerSettings } from '../server-config.ts';

type Say = (key: string, values?: { readonly [key: string]: string }) => string;

async function tryConsole(link: ServerLink, say: Say): Promise<string> {
  const answer = await link.call({ path: '/api/v1/session' });
  if (!answer.ok) return say('consoleBad', { why: answer.error.message });
  const who = isFields(answer.value.body) ? answer.value.body['name'] : undefined;
  return say('consoleOk', { who: typeof who === 'string' ? who : JSON.stringify(who ?? '') });
}

/** Where the gateway's newest readings came from, as the centre marks them; undefined when it has none yet. */
async function originAtCentre(link: ServerLink, gateway: string): Promise<string | undefined> {
  let cursor = '';
  for (let page = 0; page < 50; page++) {
    const answer = await link.call({ path: `/api/v1/points?limit=1000${cursor}` });
    const body = answer.ok && isFields(answer.value.body) ? answer.value.body : undefined;
    if (body === undefined || !Array.isArray(body['items'])) return undefined;
    for (const point of body['items'] as { readonly sensors?: readonly SensorJson[] }[])
      for (const { edgeId, latest } of point.sensors ?? [])
        if (edgeId === gateway && typeof latest?.origin === 'string') return latest.origin;
    if (typeof body['next'] !== 'string') return undefined;
    cursor = `&cursor=${encodeURIComponent(body['next'])}`;
  }
  return undefined;
}
type SensorJson = { readonly edgeId?: string; readonly latest?: { readonly origin?: string } | null };

async function tryPush(settings: ServerSettings, link: ServerLink, say: Say): Promise<string> {
  // An empty message is refused as such only after the token was found right; nothing is stored.
  const pushed = await link.push('');
  if (pushed.kind !== 'refused') return say('pushBad', { why: pushed.kind === 'later' ? pushed.message : pushed.kind });
  const origin = await originAtCentre(link, settings.push.gateway);
  return origin === undefined || origin === settings.gatewayOrigin ? say('pushOk') : say('pushOrigin', { origin });
}

export async function describeConnections(
  settings: ServerSettings,
  link: ServerLink,
  tryMqtt: () => Promise<string>,
  say: Say,
): Promise<readonly string[]> {
  const lines = [await tryConsole(link, say)];
  if (settings.mqtt.url !== '') {
    const why = await tryMqtt();
    lines.push(why === '' ? say('mqttOk') : say('mqttBad', { why }));
  }
  if (settings.push.url !== '') lines.push(await tryPush(settings, link, say));
  return lines;
}
