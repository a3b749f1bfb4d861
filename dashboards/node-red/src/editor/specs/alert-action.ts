/** Something done to an alert. */
import type { NodeSpec } from '../spec.ts';
import { ALERT_INPUTS, SERVER_FIELD } from './fields.ts';

export const ALERT_ACTION: NodeSpec = {
  type: 'fengsui-alert-action',
  label: { zh: '预警处置', en: 'alert action' },
  icon: 'envelope.svg',
  inputs: 1,
  outputLabels: [
    { zh: '已完成', en: 'done' },
    { zh: '被拒绝', en: 'refused' },
  ],
  fields: [
    SERVER_FIELD,
    {
      kind: 'choice',
      name: 'action',
      label: { zh: '做什么', en: 'Action' },
      default: 'acknowledge',
      options: [
        { value: 'acknowledge', label: { zh: '确认收到', en: 'acknowledge' } },
        { value: 'handle', label: { zh: '开始处置', en: 'handle' } },
        { value: 'note', label: { zh: '写备注', en: 'note' } },
        { value: 'close', label: { zh: '办结', en: 'close' } },
        { value: 'falseAlarm', label: { zh: '误报', en: 'false alarm' } },
        { value: 'message', label: { zh: '由 msg.action 决定', en: 'as msg.action says' } },
      ],
    },
    { kind: 'text', name: 'note', label: { zh: '备注', en: 'Note' }, default: '' },
  ],
  help: {
    about: {
      zh: '对一条预警确认、处置、备注或办结，以服务器里登录的人的名义。',
      en: 'Acknowledges, handles, notes or closes an alert, in the name of the person whom the server is entered as.',
    },
    inputs: [
      ...ALERT_INPUTS,
      {
        name: 'note',
        type: 'string',
        text: { zh: '备注；没有时用设置的', en: 'The note; without it the one that is set' },
      },
      {
        name: 'action',
        type: 'string',
        text: {
          zh: 'acknowledge、handle、note、close、falseAlarm；只在设置为由消息决定时',
          en: 'acknowledge, handle, note, close or falseAlarm; where the message decides',
        },
      },
      {
        name: 'commandId',
        type: 'string',
        text: {
          zh: '同一编号只做一次；没有时用消息自己的编号',
          en: 'The same id is done once; without it the message’s own',
        },
      },
    ],
    outputs: [
      [
        {
          name: 'result',
          type: 'object',
          text: {
            zh: 'action、alertId、state（done 已完成，queued 已写入）、answer（接口的回答）',
            en: 'action, alertId, state (done, or queued: written down), answer (what the API said)',
          },
        },
      ],
      [
        {
          name: 'refusal',
          type: 'object',
          text: { zh: 'action、alertId、status、kind、message', en: 'action, alertId, status, kind, message' },
        },
      ],
    ],
    details: [
      {
        zh: '断线时最多试四次。回答丢失时先查台账，已记下的不再重复。仍不成功就报错（catch 节点），并说明是否可能已被接受。',
        en: 'Tried four times at most while the console is out of reach. When an answer was lost the ledger is looked at first: what is entered is not repeated. After that it is an error (catch node), which says whether it may have been taken.',
      },
      {
        zh: '机器的确认不代替人：叫应仍按县里的规定继续。',
        en: 'A machine’s acknowledgement stands for the person whose login it uses: prefer notes, and leave answering to people.',
      },
    ],
  },
  words: {},
};
