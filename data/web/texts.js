/*
 * Every word that the page shows, in both languages, and how numbers and times are written. A text
 * is looked up as `area.key`; `{name}` and the like are filled in.
 */

const ja = {
  'page.title': 'Otomo – 通話',
  'page.ringing': '着信中 – {name}',
  'page.talking': '通話中 – {name}',
  'page.language': '言語',
  'page.demo': '開発モードです。誰にでもなれます。本番ではこのページは出ません。',
  'page.skip': '本文へ',

  'choose.title': 'どなたですか?',
  'choose.hint': 'もう一つのタブを開いて別の人を選ぶと、その人と話せます。',
  'choose.empty': 'まだ誰もいません。otomoctl user add で作れます。',

  'role.user': 'ユーザー',
  'role.otomo': 'おとも',

  'home.user': '{name}さん、こんにちは',
  'home.userHint': '話したい相手を選んでください。',
  'home.otomo': '{name}さん、お待ちしています',
  'home.otomoHint': 'このページを開いたままにしてください。着信すると音でお知らせします。',
  'home.nobody': '今、話せる相手がいません。',

  'connection.connecting': '接続しています…',
  'connection.open': '接続しました',
  'connection.waiting': '接続が切れました。つなぎ直しています…',
  'connection.closed': '接続していません',

  'money.balance': '残高',
  'money.earnings': '受け取り合計',
  'money.price': '料金',
  'money.paid': 'この通話の料金',
  'money.earned': 'この通話の受け取り',
  'money.next': '次の課金まで',
  'money.left': 'あと話せる時間',
  'money.lastUnit': 'これが最後の{unit}です',
  'money.onHold': '停止中',
  'money.per': '{points} / {unit}',
  'money.points': '{number}ポイント',

  'unit.minute': '1分',
  'unit.seconds': '{number}秒',

  'line.elapsed': '通話時間',
  'line.own': 'あなたの声',
  'line.other': '相手の声',
  'line.recording': '録音中',

  'chat.title': 'チャット',
  'chat.messages': 'メッセージ',
  'chat.words': 'メッセージを入力',
  'chat.send': '送信',
  'chat.me': 'あなた',
  'chat.sending': '送信中…',

  'action.call': '電話をかける',
  'action.callName': '{name}さんに電話をかける',
  'action.accept': '出る',
  'action.reject': '断る',
  'action.cancel': 'やめる',
  'action.end': '終了',
  'action.mute': 'ミュート',
  'action.unmute': 'ミュート解除',
  'action.again': 'もう一度かける',
  'action.back': '戻る',
  'action.change': '別の人になる',
  'action.dismiss': '閉じる',
  'action.sound': '音を出す',
  'action.retry': '今すぐつなぐ',

  'state.requesting': '{name}さんにつないでいます…',
  'state.user.ringing': '呼び出し中です…',
  'state.otomo.ringing': '{name}さんから着信です',
  'state.user.accepted': '{name}さんが出ました。音声をつないでいます…',
  'state.otomo.accepted': '音声をつないでいます…',
  'state.in_call': '通話中です',
  'state.reconnecting': '音声が途切れています。戻るまで新しい課金はありません。',
  'state.peerAway': '{name}さんの接続が一時的に切れています。',
  'state.offline': 'サーバーとの接続が切れています。つなぎ直しています…',
  'state.muted': 'ミュート中です。あなたの声は届いていません。',
  'state.sound': 'ブラウザーが音を止めています。',

  someone: '相手の方',

  'end.title': '通話が終わりました',
  'end.notConnected': 'つながりませんでした',
  'end.user.cancelled': '発信を取り消しました。',
  'end.otomo.cancelled': '{name}さんが発信を取り消しました。',
  'end.user.busy': '{name}さんは今、手が離せません。',
  'end.user.manual_decline': '{name}さんは今、出られません。',
  'end.otomo.busy': '着信を断りました。',
  'end.otomo.manual_decline': '着信を断りました。',
  'end.otomo.away': '着信を断りました。',
  'end.user.away': '{name}さんは席を外しています。',
  'end.user.ring_timeout': '{name}さんの応答がありませんでした。',
  'end.otomo.ring_timeout': '着信に出ませんでした。',
  'end.timeout': '時間内に応答がありませんでした。',
  'end.media_timeout': '音声をつなげませんでした。料金はかかっていません。',
  'end.network_lost': '回線が切れたため終わりました。',
  'end.rtp_stopped': '音声が届かなくなったため終わりました。',
  'end.user_end': '通話を終了しました。',
  'end.user.no_point': 'ポイントがなくなったため終わりました。',
  'end.otomo.no_point': '{name}さんのポイントがなくなったため終わりました。',
  'end.admin': '運営が通話を終了しました。',
  'end.system_error': 'サーバーの不具合のため終わりました。',
  'end.server_shutdown': 'サーバーが停止したため終わりました。',
  'end.answered_elsewhere': '別の端末で応答しました。',
  'end.lost_track': '接続が切れている間に終わりました。',
  'end.other': '通話が終わりました。({code})',

  'error.USER_OFFLINE': '{name}さんは今オフラインです。',
  'error.USER_BUSY': '{name}さんは今、通話中です。',
  'error.USER_NOT_FOUND': 'その人は見つかりません。',
  'error.INSUFFICIENT_BALANCE': 'ポイントが足りません。1回分の料金が必要です。',
  'error.PERMISSION_DENIED': 'この操作は許可されていません。',
  'error.INVALID_STATE': '今はその操作ができません。',
  'error.CALL_NOT_FOUND': 'その通話はもうありません。',
  'error.RATE_LIMITED': '操作が速すぎます。少し待ってからお試しください。',
  'error.SERVER_DRAINING': 'サーバーがまもなく停止します。少し後でお試しください。',
  'error.TEMPORARILY_UNAVAILABLE': '一時的に利用できません。少し後でお試しください。',
  'error.MEDIA_ERROR': '音声の準備に失敗しました。',
  'error.MICROPHONE_DENIED':
    'マイクが許可されていません。ブラウザーの設定でこのページに許可してください。',
  'error.MICROPHONE_MISSING': 'マイクが見つからないか、ほかのアプリが使っています。',
  'error.INSECURE_CONTEXT':
    'https か localhost のページでないと、ブラウザーはマイクを使わせません。',
  'error.NOT_CONNECTED': 'サーバーに接続していません。',
  'error.SERVER_UNREACHABLE':
    'サーバーに届きません。動いているか確かめて、読み込み直してください。',
  'error.UNKNOWN_PERSON': '「{name}」という人はいません。',
  'error.other': '問題が起きました。({code})',
  'closed.4401': 'ログインが認められませんでした。読み込み直してください。',
  'closed.4403': 'このアカウントは停止されています。',
  'closed.4409': 'ほかの端末で開いたため、このページの接続は終わりました。',
  'closed.other': 'サーバーとの接続が終わりました。({code})',
};

/** @type {typeof ja} */
const en = {
  'page.title': 'Otomo – voice calls',
  'page.ringing': '{name} is calling',
  'page.talking': 'Talking with {name}',
  'page.language': 'Language',
  'page.demo': 'Development mode: anyone may be anyone. In production this page does not exist.',
  'page.skip': 'Skip to content',

  'choose.title': 'Who are you?',
  'choose.hint': 'Open a second tab and be somebody else there, and you can talk.',
  'choose.empty': 'There is nobody yet. otomoctl user add makes somebody.',

  'role.user': 'User',
  'role.otomo': 'Otomo',

  'home.user': 'Hello, {name}',
  'home.userHint': 'Whom would you like to talk to?',
  'home.otomo': 'You are available, {name}',
  'home.otomoHint': 'Keep this page open. It rings when somebody calls.',
  'home.nobody': 'There is nobody to talk to now.',

  'connection.connecting': 'Connecting…',
  'connection.open': 'Connected',
  'connection.waiting': 'Connection lost. Connecting again…',
  'connection.closed': 'Not connected',

  'money.balance': 'Balance',
  'money.earnings': 'Earned so far',
  'money.price': 'Price',
  'money.paid': 'Paid for this call',
  'money.earned': 'Earned with this call',
  'money.next': 'Next charge in',
  'money.left': 'Time you can still pay for',
  'money.lastUnit': 'This is the last {unit}',
  'money.onHold': 'on hold',
  'money.per': '{points} / {unit}',
  'money.points': '{number} points',

  'unit.minute': 'minute',
  'unit.seconds': '{number} seconds',

  'line.elapsed': 'Time talked',
  'line.own': 'Your voice',
  'line.other': 'Their voice',
  'line.recording': 'Recording',

  'chat.title': 'Chat',
  'chat.messages': 'Messages',
  'chat.words': 'Write a message',
  'chat.send': 'Send',
  'chat.me': 'You',
  'chat.sending': 'Sending…',

  'action.call': 'Call',
  'action.callName': 'Call {name}',
  'action.accept': 'Accept',
  'action.reject': 'Decline',
  'action.cancel': 'Cancel',
  'action.end': 'Hang up',
  'action.mute': 'Mute',
  'action.unmute': 'Unmute',
  'action.again': 'Call again',
  'action.back': 'Back',
  'action.change': 'Be somebody else',
  'action.dismiss': 'Close',
  'action.sound': 'Turn sound on',
  'action.retry': 'Connect now',

  'state.requesting': 'Reaching {name}…',
  'state.user.ringing': 'Ringing…',
  'state.otomo.ringing': '{name} is calling you',
  'state.user.accepted': '{name} has answered. Connecting your voices…',
  'state.otomo.accepted': 'Connecting your voices…',
  'state.in_call': 'You are talking',
  'state.reconnecting': 'The sound has stopped. Nothing new is charged until it is back.',
  'state.peerAway': '{name} has lost the connection for a moment.',
  'state.offline': 'The connection to the server is lost. Connecting again…',
  'state.muted': 'You are muted. {name} cannot hear you.',
  'state.sound': 'The browser holds the sound back.',

  someone: 'the other person',

  'end.title': 'The call is over',
  'end.notConnected': 'The call did not connect',
  'end.user.cancelled': 'You cancelled the call.',
  'end.otomo.cancelled': '{name} cancelled the call.',
  'end.user.busy': '{name} is busy right now.',
  'end.user.manual_decline': '{name} cannot talk right now.',
  'end.otomo.busy': 'You declined the call.',
  'end.otomo.manual_decline': 'You declined the call.',
  'end.otomo.away': 'You declined the call.',
  'end.user.away': '{name} is away.',
  'end.user.ring_timeout': '{name} did not answer.',
  'end.otomo.ring_timeout': 'You did not answer.',
  'end.timeout': 'Nobody answered in time.',
  'end.media_timeout': 'The sound could not be connected. Nothing was charged.',
  'end.network_lost': 'A connection was lost, so the call ended.',
  'end.rtp_stopped': 'No more sound arrived, so the call ended.',
  'end.user_end': 'The call was hung up.',
  'end.user.no_point': 'Your points are used up, so the call ended.',
  'end.otomo.no_point': 'The points of {name} are used up, so the call ended.',
  'end.admin': 'The operator ended the call.',
  'end.system_error': 'A fault of the server ended the call.',
  'end.server_shutdown': 'The server was stopped, so the call ended.',
  'end.answered_elsewhere': 'You answered on another device.',
  'end.lost_track': 'The call ended while you were disconnected.',
  'end.other': 'The call ended. ({code})',

  'error.USER_OFFLINE': '{name} is offline.',
  'error.USER_BUSY': '{name} is in another call.',
  'error.USER_NOT_FOUND': 'There is no such person.',
  'error.INSUFFICIENT_BALANCE': 'You have too few points. A call needs enough for its first unit.',
  'error.PERMISSION_DENIED': 'That is not allowed.',
  'error.INVALID_STATE': 'That cannot be done now.',
  'error.CALL_NOT_FOUND': 'That call no longer exists.',
  'error.RATE_LIMITED': 'That was too fast. Please wait a moment and try again.',
  'error.SERVER_DRAINING': 'The server is about to stop. Please try again a little later.',
  'error.TEMPORARILY_UNAVAILABLE': 'Not available at the moment. Please try again a little later.',
  'error.MEDIA_ERROR': 'The sound could not be set up.',
  'error.MICROPHONE_DENIED':
    'The microphone is not allowed. Allow it for this page in the browser’s settings.',
  'error.MICROPHONE_MISSING': 'There is no microphone, or another program is using it.',
  'error.INSECURE_CONTEXT': 'A browser gives the microphone to https and localhost pages only.',
  'error.NOT_CONNECTED': 'Not connected to the server.',
  'error.SERVER_UNREACHABLE':
    'The server cannot be reached. See whether it runs, then load the page again.',
  'error.UNKNOWN_PERSON': 'There is nobody called “{name}”.',
  'error.other': 'Something went wrong. ({code})',
  'closed.4401': 'The sign-in was refused. Please load the page again.',
  'closed.4403': 'This account is blocked.',
  'closed.4409': 'Opened on another device, so the connection of this page has ended.',
  'closed.other': 'The connection to the server has ended. ({code})',
};

const tables = { ja, en };

/** @typedef {keyof typeof tables} Language */

/** @param {readonly string[]} wanted the reader's languages, best first @returns {Language} */
export function pickLanguage(wanted) {
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === 'ja' || language === 'en') return language;
  }
  return 'en';
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  return (hours ? `${hours}:` : '') + `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** One language's texts. */
export class Texts {
  /** @param {Language} language */
  constructor(language) {
    this.language = language;
    /** @type {Record<string, string>} */ this.table = tables[language];
  }

  /**
   * The first of `keys` that has a text.
   *
   * @param {string | string[]} keys
   * @param {Record<string, string>} values
   */
  get(keys, values = {}) {
    const key = [keys].flat().find((k) => k in this.table);
    if (key === undefined) throw new Error(`no text ${keys}`);
    return this.table[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** @param {number} number */
  points(number) {
    return this.get('money.points', { number: number.toLocaleString(this.language) });
  }

  /** @param {string} timestamp RFC 3339 */
  time(timestamp) {
    const style = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit' });
    return new Date(timestamp).toLocaleTimeString(this.language, style);
  }

  /** @param {number} seconds of one billing unit */
  unit(seconds) {
    return seconds === 60
      ? this.get('unit.minute')
      : this.get('unit.seconds', { number: String(seconds) });
  }

  /** @param {number} points @param {number} unitSeconds */
  price(points, unitSeconds) {
    return this.get('money.per', { points: this.points(points), unit: this.unit(unitSeconds) });
  }

  /** @param {'user' | 'otomo'} role @param {string} reason @param {string} name */
  ending(role, reason, name) {
    return this.get([`end.${role}.${reason}`, `end.${reason}`, 'end.other'], {
      name,
      code: reason,
    });
  }

  /** @param {string} code @param {string} name of whom it is about */
  error(code, name) {
    return this.get([`error.${code}`, 'error.other'], { name, code });
  }
}
