/** Readings of protocols that Fengsui does not speak. */
import type { NodeSpec } from '../spec.ts';
import { SERVER_FIELD } from './fields.ts';

export const READINGS_OUT: NodeSpec = {
  type: 'fengsui-readings-out',
  label: { zh: '读数输出', en: 'readings out' },
  icon: 'leveldb.svg',
  inputs: 1,
  outputLabels: [{ zh: '已落盘', en: 'on the centre’s disk' }],
  fields: [
    SERVER_FIELD,
    { kind: 'text', name: 'device', label: { zh: '设备', en: 'Device' }, default: '', pattern: '^\\S{0,64}$' },
    { kind: 'text', name: 'field', label: { zh: '字段', en: 'Field' }, default: '', pattern: '^\\S{0,64}$' },
    {
      kind: 'choice',
      name: 'missingTime',
      label: { zh: '没有时间', en: 'Without a time' },
      default: 'refuse',
      options: [
        { value: 'refuse', label: { zh: '拒绝', en: 'refuse it' } },
        { value: 'now', label: { zh: '记为现在并标明', en: 'stamp it now, and mark it' } },
      ],
    },
    {
      kind: 'number',
      name: 'queue',
      label: { zh: '最多等待', en: 'Waiting at most' },
      default: 1_000,
      min: 1,
      max: 100_000,
    },
  ],
  help: {
    about: {
      zh: '把烽燧不懂的协议的读数推送到中心；中心写到磁盘才算完成。',
      en: 'Brings readings of protocols that Fengsui does not speak to the centre; a message is done when the centre has it on disk.',
    },
    inputs: [
      {
        name: 'payload',
        type: 'number | object | array',
        text: {
          zh: '一个数；或 {device, time, values: {字段: 数}}；或这样的列表。null 表示没有值，绝不是 0',
          en: 'A number; or {device, time, values: {FIELD: number}}; or a list of such. null is “no value”, never 0',
        },
      },
      {
        name: 'time',
        type: 'string | number | Date',
        text: {
          zh: '采集时刻：带时区的 ISO 8601，或毫秒',
          en: 'When it was measured: ISO 8601 with an offset, or epoch milliseconds',
        },
      },
      {
        name: 'device, field',
        type: 'string',
        text: { zh: '没有时用设置的', en: 'Without them those that are set' },
      },
    ],
    outputs: [
      [
        {
          name: 'pushed',
          type: 'object',
          text: {
            zh: 'stamped 时间是此处补的、repeated 重复、quarantined 县里还不认识该设备、unknownDevices',
            en: 'stamped (the time was set here), repeated, quarantined (the county does not know the device yet), unknownDevices',
          },
        },
      ],
    ],
    details: [
      {
        zh: '文字、NaN、无穷大、没有时间或时间在将来的，拒绝并报错（catch 节点）。来源与网关不同的读数，例如场景播放的，也拒绝：模拟的不会变成实况。',
        en: 'Texts, NaN, infinities, a missing time and one in the future are refused with an error (catch node). So are readings of another origin than the gateway’s, such as the scenario player’s: what is simulated never becomes live.',
      },
      {
        zh: '中心连不上时在内存里排队，按次序重试，间隔从 1 秒到 1 分钟。队满时拒绝新来的，保留已接受的。Node-RED 停止时队里的会丢失，并报告条数；一条都不能丢的设备应接到边缘机。',
        en: 'While the centre is out of reach readings wait in memory, in their order, tried again after 1 second to 1 minute. When the queue is full what comes is refused and what waits is kept. What waits when Node-RED stops is lost and counted in a warning: a device of which nothing may be lost belongs on an edge box.',
      },
      {
        zh: '质量和报警由中心判断，与其他读数一样。',
        en: 'Quality and alerts are judged at the centre, as of any other reading.',
      },
    ],
  },
  words: {
    onDisk: { zh: '已落盘', en: 'on disk' },
    quarantined: { zh: '已落盘，设备未登记', en: 'on disk, device not known' },
    waiting: { zh: '__count__ 条等待：__why__', en: '__count__ waiting: __why__' },
    full: { zh: '队列已满（__count__），拒绝新来的', en: 'the queue is full (__count__): refused' },
    lost: { zh: '停止时有 __count__ 条未送出', en: '__count__ readings were not sent when this stopped' },
  },
};
