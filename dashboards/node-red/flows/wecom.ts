/** Alert → a group robot of the government's WeChat (政务微信, 企业微信): markdown, and an errcode other than 0 taken seriously. */
import { againCode, fillCode, sentenceCode } from './code.ts';
import { type FlowNode, sheet } from './parts.ts';

const INFO = `预警新发、升级、降级、解除时，在政务微信（企业微信）的群里发一条 markdown；结果写成预警的备注。
双击页签填写 WECOM_URL：群机器人的 webhook 地址，其中有 key，所以存为加密凭据。
对方总是回答 HTTP 200，成败看 errcode：0 为成功；-1（忙）和 45009（太频繁，一分钟后）重试，其他不再试。
只送实况；勾选演练后以【演练】开头。`;

const WHAT = `
${sentenceCode}
const COLOURS = { blue: 'info', yellow: 'comment', orange: 'warning', red: 'warning' };
if (!['new', 'worse', 'milder', 'closed'].includes(msg.change)) return null;
const alert = msg.payload;
const plain = (text) => String(text).replace(/</g, '＜').replace(/>/g, '＞');
const at = new Date(alert.raisedAtMs).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', hour12: false });
const lines = [
  '**<font color="' + COLOURS[alert.level] + '">' + plain(sentence(alert, msg.change).split('：')[0]) + '</font>**',
  '> 网格：' + plain(alert.gridName.zh),
  '> 时间：' + at,
  ...alert.conditions.filter((one) => one.state === 'active').slice(0, 5).map((one) => '> 依据：' + plain(one.reasonText.zh)),
];
// The robot takes 4096 bytes.
while (lines.length > 3 && Buffer.byteLength(lines.join('\\n')) > 4000) lines.pop();
msg.request = { msgtype: 'markdown', markdown: { content: lines.join('\\n') } };
msg.commandId = alert.id + '-' + msg.change + '-' + alert.version + '-wecom';
return msg;`;

const ASK = `
delete msg.error;
delete msg.statusCode;
msg.method = 'POST';
msg.url = String(env.get('WECOM_URL') ?? '');
msg.headers = { 'content-type': 'application/json; charset=utf-8' };
msg.requestTimeout = 10000;
msg.payload = JSON.stringify(msg.request);
return msg;`;

const RESULT = `
${fillCode('postTaken', 'postRefused')}
${againCode}
const TOO_OFTEN = 45009;
const BUSY = -1;
const tries = msg.tries ?? 1;
let answer = {};
try {
  answer = JSON.parse(msg.payload);
} catch {
  // Not the robot's own answer: judged by its status below.
}
const isAnswered = msg.error === undefined && msg.statusCode === 200 && Number.isInteger(answer?.errcode);
if (isAnswered && answer.errcode === 0) {
  msg.note = fill(NOTES.postTaken, { tries });
  node.status({ fill: 'green', shape: 'dot', text: msg.note });
  return [msg, null];
}
const reason = isAnswered ? answer.errcode + ' ' + String(answer.errmsg).slice(0, 200) : why(msg);
const worthIt = isAnswered ? [BUSY, TOO_OFTEN].includes(answer.errcode) : mayHelp(msg) || msg.statusCode === 200;
if (again(msg, worthIt)) {
  if (isAnswered && answer.errcode === TOO_OFTEN) msg.delay = Math.max(msg.delay, Number(env.get('TOO_OFTEN_MS')) || 60000);
  return [null, msg];
}
msg.note = fill(NOTES.postRefused, { tries, why: reason });
node.status({ fill: 'red', shape: 'dot', text: msg.note });
return [msg, null];`;

export function wecomFlow(): readonly FlowNode[] {
  const on = sheet(2, '政务微信 WeCom', INFO, [
    { name: 'WECOM_URL', value: '', type: 'cred' },
    { name: 'TRIES', value: '5', type: 'num' },
    { name: 'RETRY_MS', value: '2000', type: 'num' },
    { name: 'TOO_OFTEN_MS', value: '60000', type: 'num' },
  ]);
  const id = on.idOf;
  return [
    on.tab,
    on.note(1, { x: 150, y: 40, name: '先填页签里的 WECOM_URL' }, INFO),
    on.alertsIn(2, { x: 130, y: 120, name: '黄色以上' }, {}, [[id(3)]]),
    on.code(3, { x: 300, y: 120, name: '写成 markdown' }, WHAT, [[id(4)]]),
    on.code(4, { x: 460, y: 120, name: '装请求' }, ASK, [[id(5)]]),
    on.http(5, { x: 620, y: 120, name: '群机器人' }, 'txt', [[id(7)]]),
    on.caught(6, { x: 620, y: 180, name: '没有接通' }, [5], [[id(7)]]),
    on.code(7, { x: 790, y: 120, name: '收到没有' }, RESULT, [[id(9)], [id(8)]]),
    on.wait(8, { x: 460, y: 200, name: '等一会儿再试' }, [[id(4)]]),
    on.action(9, { x: 960, y: 120, name: '记在预警上' }, 'note', [[], [id(10)]]),
    on.shown(10, { x: 1_120, y: 140, name: '备注被拒绝' }, 'refusal'),
  ];
}
