/** Decides what Node-RED holds at its first start: one sheet that says what to do, and the server with its addresses filled in. */

/** As the examples name it too, so that an imported one finds the server that is there. */
export const SERVER_NODE_ID = 'fe46501000000001';
const SHEET_ID = 'fe46501000000002';

export type FirstServer = {
  readonly url: string;
  readonly mqttUrl: string;
  readonly mqttUser: string;
  readonly mqttPassword: string;
  /** As whom the flows act at the console; absent: to be filled in by an editor. */
  readonly person?: { readonly user: string; readonly password: string };
  /** As which gateway flows push readings. */
  readonly gateway?: { readonly id: string; readonly origin: string; readonly url: string; readonly token: string };
};

const WELCOME = `1. 菜单 → 导入 → 示例 → node-red-contrib-fengsui：短信网关、政务微信、LED 屏、报警拍照。
2. 在“烽燧服务器”里填写以谁的身份登录值班台（一个只有所需岗位的人员）。
3. 填好示例里的地址，部署。

Menu → Import → Examples → node-red-contrib-fengsui. Fill in the person in the server's node, the addresses, deploy.
Nothing in Fengsui waits for these flows: alerts go their way when Node-RED is away.`;

export const firstFlows = (server: FirstServer): readonly object[] => [
  { id: SHEET_ID, type: 'tab', label: '开始', disabled: false, info: '' },
  {
    id: SERVER_NODE_ID,
    type: 'fengsui-server',
    name: '烽燧',
    url: server.url,
    mqttUrl: server.mqttUrl,
    pushUrl: server.gateway?.url ?? '',
    gateway: server.gateway?.id ?? '',
    gatewayOrigin: server.gateway?.origin ?? 'live',
  },
  {
    id: 'fe46501000000003',
    type: 'comment',
    z: SHEET_ID,
    name: '从这里开始 · start here',
    info: WELCOME,
    x: 180,
    y: 80,
    wires: [],
  },
];

export const firstCredentials = (
  server: FirstServer,
): { readonly [nodeId: string]: { readonly [k: string]: string } } => ({
  [SERVER_NODE_ID]: {
    mqttUser: server.mqttUser,
    mqttPassword: server.mqttPassword,
    ...(server.person ?? {}),
    ...(server.gateway === undefined ? {} : { pushToken: server.gateway.token }),
  },
});
