/** Alerts into a flow. */
import type { NodeSpec } from '../spec.ts';
import { GRIDS_FIELD, SERVER_FIELD } from './fields.ts';

export const ALERTS_IN: NodeSpec = {
  type: 'fengsui-alerts-in',
  label: { zh: '预警输入', en: 'alerts in' },
  icon: 'alert.svg',
  inputs: 0,
  outputLabels: [{ zh: '预警的变化', en: 'a change of an alert' }],
  fields: [
    SERVER_FIELD,
    {
      kind: 'choice',
      name: 'minLevel',
      label: { zh: '最低级别', en: 'Lowest level' },
      default: 'blue',
      options: [
        { value: 'blue', label: { zh: '蓝色', en: 'blue' } },
        { value: 'yellow', label: { zh: '黄色', en: 'yellow' } },
        { value: 'orange', label: { zh: '橙色', en: 'orange' } },
        { value: 'red', label: { zh: '红色', en: 'red' } },
      ],
    },
    {
      kind: 'text',
      name: 'hazards',
      label: { zh: '灾种', en: 'Hazards' },
      default: '',
      pattern: '^[A-Za-z_,，、;；\\s-]*$',
    },
    GRIDS_FIELD,
    {
      kind: 'flag',
      name: 'openAtStart',
      label: { zh: '启动时送出未结预警', en: 'Open ones at the start' },
      default: false,
    },
    { kind: 'flag', name: 'everything', label: { zh: '也送出其他记录', en: 'Every entry' }, default: false },
    { kind: 'flag', name: 'drill', label: { zh: '包括演练', en: 'Drills too' }, default: false },
    { kind: 'flag', name: 'simulated', label: { zh: '包括模拟', en: 'Simulated too' }, default: false },
    { kind: 'flag', name: 'replay', label: { zh: '包括回放', en: 'Replays too' }, default: false },
  ],
  help: {
    about: {
      zh: '预警每有变化就送出一条消息，断线重连也不重不漏。',
      en: 'A message for each change of an alert: each once, none missed, also across a reconnect.',
    },
    outputs: [
      [
        {
          name: 'payload',
          type: 'object',
          text: { zh: '预警，与接口 /api/v1/alerts/:id 相同', en: 'The alert, as /api/v1/alerts/:id gives it' },
        },
        {
          name: 'alert',
          type: 'object',
          text: {
            zh: '编号、级别、办理、条件、来源、灾种、网格',
            en: 'id, level, lifecycle, condition, origin, hazard, gridCode',
          },
        },
        {
          name: 'change',
          type: 'string',
          text: {
            zh: 'new 新发、worse 升级、milder 降级、lifecycle 办理、condition 条件、closed 办结、other 其他记录',
            en: 'new, worse, milder, lifecycle, condition, closed, other',
          },
        },
        {
          name: 'previousLevel',
          type: 'string',
          text: { zh: '原来的级别；没有时为 null', en: 'The level before; null when there was none' },
        },
        { name: 'atStart', type: 'boolean', text: { zh: '启动时就未结的', en: 'It stood open when the flow began' } },
        { name: 'topic', type: 'string', text: { zh: 'alert/网格/编号', en: 'alert/GRID/ID' } },
      ],
    ],
    details: [
      {
        zh: '只送实况，除非勾选了演练、模拟或回放；alert.origin 说明来源，对外发送前须查看。',
        en: 'Live alerts only, unless drills, simulated ones or replays are ticked; alert.origin says which: look at it before anything leaves.',
      },
      {
        zh: '网格编码和灾种可填多个，用逗号分开；编码包括其下级。降到最低级别以下时再送出一次。',
        en: 'Several grid codes and hazards are separated by commas; a code includes what lies below it. An alert that falls below the lowest level is told once more.',
      },
      {
        zh: '没有勾选“其他记录”时，只送级别、办理和条件的变化。中断太久时读取全部未结预警并比较，中断期间的多次变化合为一次。',
        en: 'Without “every entry” only changes of level, lifecycle and condition are told. After a long break the open alerts are read and compared: several changes meanwhile are told as one.',
      },
      {
        zh: '看到哪里记在节点的上下文里。上下文存在磁盘上时（contextStorage: localfilesystem，fengsui node-red 已设好），部署和重启之后接着送；没有设时，部署后从头开始。预警的通知不经过 Node-RED：它停了，谁也不会少收一条。',
        en: 'The place is kept in the node’s context. Where that is kept on disk (contextStorage: localfilesystem, which fengsui node-red sets) a deployment or a restart goes on from it; where it is not set a deployment begins anew. No alert travels through Node-RED: when it stands still, nobody gets one message less.',
      },
    ],
  },
  words: {},
};
