/** The connection to a Fengsui centre, which all other nodes share. */
import type { NodeSpec } from '../spec.ts';

/** Without TLS only on this machine: a password on a wire is everybody's. */
const SAFE_HTTP = '^$|^https://[^\\s@]+$|^http://(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\])(:\\d+)?/?$';
const SAFE_MQTT = '^$|^mqtts://[^\\s@]+$|^mqtt://(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\])(:\\d+)?/?$';

export const SERVER: NodeSpec = {
  type: 'fengsui-server',
  isConfig: true,
  label: { zh: '烽燧服务器', en: 'Fengsui server' },
  icon: 'bridge.svg',
  inputs: 0,
  outputLabels: [],
  fields: [
    {
      kind: 'text',
      name: 'url',
      label: { zh: '值班台地址', en: 'Console URL' },
      default: 'http://127.0.0.1:8080',
      required: true,
      pattern: SAFE_HTTP,
    },
    { kind: 'credential', hidden: false, name: 'user', label: { zh: '人员编号或手机号', en: 'Person or telephone' } },
    { kind: 'credential', hidden: true, name: 'password', label: { zh: '密码', en: 'Password' } },
    { kind: 'credential', hidden: true, name: 'token', label: { zh: '或接口令牌', en: 'or API token' } },
    {
      kind: 'text',
      name: 'mqttUrl',
      label: { zh: 'MQTT 地址', en: 'MQTT URL' },
      default: '',
      pattern: SAFE_MQTT,
    },
    { kind: 'credential', hidden: false, name: 'mqttUser', label: { zh: 'MQTT 用户', en: 'MQTT user' } },
    { kind: 'credential', hidden: true, name: 'mqttPassword', label: { zh: 'MQTT 密码', en: 'MQTT password' } },
    {
      kind: 'text',
      name: 'pushUrl',
      label: { zh: '推送地址', en: 'Push URL' },
      default: '',
      pattern: SAFE_HTTP,
    },
    {
      kind: 'text',
      name: 'gateway',
      label: { zh: '网关编号', en: 'Gateway' },
      default: '',
      pattern: '^[A-Za-z0-9_-]{0,64}$',
    },
    {
      kind: 'choice',
      name: 'gatewayOrigin',
      label: { zh: '网关来源', en: 'Gateway’s origin' },
      default: 'live',
      options: [
        { value: 'live', label: { zh: '实况', en: 'live' } },
        { value: 'simulated', label: { zh: '模拟', en: 'simulated' } },
        { value: 'replay', label: { zh: '回放', en: 'replay' } },
        { value: 'drill', label: { zh: '演练', en: 'drill' } },
      ],
    },
    { kind: 'credential', hidden: true, name: 'pushToken', label: { zh: '网关令牌', en: 'Gateway’s token' } },
  ],
  testButton: { zh: '测试连接', en: 'Test the connection' },
  help: {
    about: {
      zh: '到一个烽燧中心的连接，其他节点共用。',
      en: 'The connection to a Fengsui centre, shared by all other nodes.',
    },
    details: [
      {
        zh: '值班台用人员和密码登录，权限就是这个人的岗位；接口令牌代表全县调度员，尽量不用。',
        en: 'The console is entered as a person with a password, whose posts decide what may be done; the API token stands for the county’s dispatcher: prefer a person.',
      },
      {
        zh: '密码和令牌只存在 Node-RED 的加密凭据里，不进流程文件。不加密的 http 和 mqtt 只允许本机；跨机器须用 https 和 mqtts。',
        en: 'Passwords and tokens are kept in Node-RED’s encrypted credentials only, never in the flow. Plain http and mqtt are taken on this machine only; between machines use https and mqtts.',
      },
      {
        zh: 'MQTT 只有“读数输入”选用 MQTT 时才要，一个 MQTT 用户只能配在一个服务器节点里；推送地址和网关只有“读数输出”才要。网关来源须与县里登记的一致：非实况的读数不会进实况网关。',
        en: 'MQTT is needed only where “readings in” is set to it, and a user of it belongs into one server node only; the push URL and the gateway only for “readings out”. The gateway’s origin is the one that the county has given it: readings that are not live never enter a live gateway.',
      },
    ],
  },
  words: {
    unsafe: {
      zh: '__name__ 不能用：跨机器须用 https 或 mqtts',
      en: '__name__ is left out: https or mqtts, except on this machine',
    },
    deployFirst: { zh: '请先部署再测试', en: 'deploy first, then test' },
    consoleOk: { zh: '值班台：正常（__who__）', en: 'console: fine (__who__)' },
    consoleBad: { zh: '值班台：__why__', en: 'console: __why__' },
    mqttOk: { zh: 'MQTT：正常', en: 'MQTT: fine' },
    mqttBad: { zh: 'MQTT：__why__', en: 'MQTT: __why__' },
    pushOk: { zh: '推送：正常', en: 'push: fine' },
    pushBad: { zh: '推送：__why__', en: 'push: __why__' },
    pushOrigin: {
      zh: '推送：县里登记的网关来源是“__origin__”，与此处不符',
      en: 'push: the county’s origin of this gateway is “__origin__”, not what is set here',
    },
  },
};
