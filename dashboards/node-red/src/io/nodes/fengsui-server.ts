/** The configuration node that holds the connections to one centre; other nodes use what it offers as `fengsui`. */
import type { ServerLink } from '../../link.ts';
import type { Config, Red, RedNode } from '../../red.ts';
import { readServer, type ServerSettings } from '../../server-config.ts';
import { createApi } from '../api.ts';
import { pushTo } from '../pusher.ts';
import { createStateHub } from '../state-hub.ts';
import { createStreamHub } from '../stream-hub.ts';
import { describeConnections } from '../try-connections.ts';

type ServerNode = RedNode & { fengsui?: ServerLink; tryOut?: () => Promise<readonly string[]> };

function openLink(settings: ServerSettings) {
  const closing = new AbortController();
  const api = createApi(settings.url, settings.login);
  const stream = createStreamHub(api);
  const states = createStateHub(settings.mqtt);
  const link: ServerLink = {
    base: settings.url,
    call: api.call,
    listen: stream.listen,
    watchStates: states.watch,
    push: (body) => pushTo(settings.push, body, closing.signal),
    gatewayOrigin: settings.gatewayOrigin,
  };
  const close = async (): Promise<void> => {
    closing.abort();
    stream.close();
    api.close();
    await states.close();
  };
  return { link, tryMqtt: states.tryOut, close };
}

export function register(RED: Red): void {
  const say = (key: string, values?: { readonly [key: string]: string }) =>
    RED._(`fengsui-server.words.${key}`, values);

  const begin = (node: ServerNode, config: Config): void => {
    const settings = readServer(config, node.credentials);
    for (const name of settings.unsafe) node.warn(say('unsafe', { name }));
    const { link, tryMqtt, close } = openLink(settings);
    node.fengsui = link;
    node.tryOut = () => describeConnections(settings, link, tryMqtt, say);
    node.on('close', (_removed, done) => {
      close().then(done, done);
    });
  };
  function start(this: RedNode, config: Config): void {
    RED.nodes.createNode(this, config);
    begin(this, config);
  }

  RED.nodes.registerType('fengsui-server', start, {
    credentials: {
      user: { type: 'text' },
      password: { type: 'password' },
      token: { type: 'password' },
      mqttUser: { type: 'text' },
      mqttPassword: { type: 'password' },
      pushToken: { type: 'password' },
    },
  });

  RED.httpAdmin.post('/fengsui/server/:id/test', RED.auth.needsPermission('flows.write'), (request, response) => {
    const node = RED.nodes.getNode(request.params['id'] ?? '') as ServerNode | null;
    if (node?.tryOut === undefined) {
      response.status(404).json({ lines: [say('deployFirst')] });
      return;
    }
    node.tryOut().then(
      (lines) => response.json({ lines }),
      (cause: unknown) => response.status(500).json({ lines: [String(cause)] }),
    );
  });
}
