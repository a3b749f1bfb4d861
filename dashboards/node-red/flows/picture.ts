/** Alert → a picture of the place from its camera → a file, whose hash is noted on the alert. */
import { againCode, fillCode } from './code.ts';
import { type FlowNode, sheet } from './parts.ts';

const INFO = `隐患点的预警新发或升级时，向那里的相机要一张照片（HTTP、JPEG），存成文件，把文件名和 SHA-256 写成预警的备注。
双击页签填写 CAMERA_URL，{point} 换成隐患点编号，如 http://10.1.2.3/snap/{point}.jpg；相机要密码时在“要一张照片”里选认证方式。
文件存在 Node-RED 自己的文件夹里：node-red/user/pictures/日期/。要存到别处，启动时加 --folder，再改“起个文件名”。
照片里有人：谁能进这个文件夹，由县里决定。`;

const WHICH = `
if (!['new', 'worse'].includes(msg.change)) return null;
const alert = msg.payload;
if (alert.subject.kind !== 'point') return null;
msg.picture = { url: String(env.get('CAMERA_URL') ?? '').replace('{point}', encodeURIComponent(alert.subject.id)) };
msg.commandId = alert.id + '-' + msg.change + '-' + alert.version + '-picture';
return msg;`;

const ASK = `
delete msg.error;
delete msg.statusCode;
delete msg.payload;
msg.method = 'GET';
msg.headers = {};
msg.url = msg.picture.url;
msg.requestTimeout = 10000;
return msg;`;

const LOOK = `
${fillCode('pictureFailed', 'notAPicture')}
${againCode}
const MOST_BYTES = 10_000_000;
const tries = msg.tries ?? 1;
const bytes = msg.payload;
const isAnswered = msg.error === undefined && msg.statusCode === 200;
const isPicture = isAnswered && Buffer.isBuffer(bytes) && bytes.length <= MOST_BYTES
  && bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
if (isPicture) return [msg, null, null];
const reason = isAnswered ? NOTES.notAPicture : why(msg);
// A camera that is just starting sends half a picture or a page.
if (again(msg, isAnswered || mayHelp(msg))) return [null, msg, null];
msg.note = fill(NOTES.pictureFailed, { tries, why: reason });
node.status({ fill: 'red', shape: 'dot', text: msg.note });
return [null, null, msg];`;

const NAME = `
const safe = (text) => String(text).replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 80);
const stamp = new Date().toISOString().replace(/[:.]/g, '');
msg.filename = 'pictures/' + stamp.slice(0, 10) + '/' + safe(msg.alert.id) + '-' + stamp.slice(11, 20) + '.jpg';
msg.picture = { ...msg.picture, file: msg.filename, size: msg.payload.length, hash: global.get('sha256')(msg.payload) };
return msg;`;

const KEPT = `
${fillCode('pictureTaken', 'pictureNotKept')}
const isKept = msg.error === undefined;
msg.note = isKept
  ? fill(NOTES.pictureTaken, msg.picture)
  : fill(NOTES.pictureNotKept, { why: String(msg.error.message ?? msg.error).slice(0, 200) });
node.status({ fill: isKept ? 'green' : 'red', shape: 'dot', text: msg.note.slice(0, 60) });
delete msg.payload;
return msg;`;

export function pictureFlow(): readonly FlowNode[] {
  const on = sheet(4, '报警拍照 Picture on alert', INFO, [
    { name: 'CAMERA_URL', value: '', type: 'str' },
    { name: 'TRIES', value: '3', type: 'num' },
    { name: 'RETRY_MS', value: '2000', type: 'num' },
  ]);
  const id = on.idOf;
  return [
    on.tab,
    on.note(1, { x: 150, y: 40, name: '先填页签里的 CAMERA_URL' }, INFO),
    on.alertsIn(2, { x: 130, y: 120, name: '黄色以上' }, {}, [[id(3)]]),
    on.code(3, { x: 290, y: 120, name: '哪台相机' }, WHICH, [[id(4)]]),
    on.code(4, { x: 440, y: 120, name: '装请求' }, ASK, [[id(5)]]),
    on.http(5, { x: 610, y: 120, name: '要一张照片' }, 'bin', [[id(7)]]),
    on.caught(6, { x: 610, y: 180, name: '没有接通' }, [5], [[id(7)]]),
    on.code(7, { x: 780, y: 120, name: '是不是照片' }, LOOK, [[id(9)], [id(8)], [id(13)]]),
    on.wait(8, { x: 440, y: 200, name: '等一会儿再试' }, [[id(4)]]),
    on.code(9, { x: 780, y: 240, name: '起个文件名' }, NAME, [[id(10)]]),
    on.on(
      10,
      'file',
      { x: 930, y: 240, name: '存下来' },
      {
        ...{ filename: 'filename', filenameType: 'msg', appendNewline: false, createDir: true },
        ...{ overwriteFile: 'true', encoding: 'none' },
      },
      [[id(12)]],
    ),
    on.caught(11, { x: 930, y: 300, name: '没有存下' }, [9, 10], [[id(12)]]),
    on.code(12, { x: 1_080, y: 240, name: '存下没有' }, KEPT, [[id(13)]]),
    on.action(13, { x: 1_080, y: 120, name: '记在预警上' }, 'note', [[], [id(14)]]),
    on.shown(14, { x: 1_240, y: 140, name: '备注被拒绝' }, 'refusal'),
  ];
}
