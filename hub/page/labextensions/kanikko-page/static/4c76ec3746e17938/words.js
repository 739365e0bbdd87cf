// Every fixed sentence of the page, in hiragana: rooms have no furigana engine, and the youngest reader is eight.

export const HOME = 'おうち';
export const RUN = 'うごかす';
export const STOP = 'とめる';
export const RESTART = 'やりなおす';
export const HAND_IN = 'ていしゅつ';
export const TOOLS = 'プログラムの ボタン';

export const SAVED = 'ほぞん した';
export const UNSAVED = 'かいています';
export const SAVING = 'ほぞん しています';
export const NOT_SAVED = 'ほぞん まち';
export const OFFLINE = 'つながっていません。なおったら じどうで ほぞんします。';
export const SIGNED_OUT = 'サインインの じかんが おわりました。「おうち」を ひらいて もういちど はいってね。';
export const REFUSED = 'ほぞん できません。せんせいに この がめんを みせてね。';
export const DISK_FULL = 'ばしょが いっぱいで ほぞん できません。せんせいに この がめんを みせてね。';
export const FRESH_KERNEL = 'つながりました。いちばん うえから もういちど うごかしてね。';
export const KERNEL_DIED = 'プログラムが とまってしまいました。いちばん うえから もういちど うごかしてね。';
export const OPEN_HOME = 'おうちを ひらく';
export const CLOSE = 'とじる';

export const GETTING_READY = 'じゅんび しています';
export const USED = 'つかっている ばしょ';
export const usage = (used, quota) => `${used} / ${quota} メガバイト`;

export const WRITE_HERE = 'ここに かいてね';
export const WAY_OUT = '（キーボードで そとに でるときは エスケープキー）';
export const CHECK_CELL = 'しらべる ところ（かえられません）';
export const READ_CELL = 'よむ ところ（かえられません）';

export const RESTART_ASK = 'さいしょから やりなおす？';
export const RESTART_SAID = 'うごかした けっかが きえて、さいしょから になります。かいた プログラムは きえません。';
export const RESTART_NO = 'やめる';

export const RESULT = 'ていしゅつの けっか';
export const SENDING = 'おくっています…';
export const MARKING = 'とどきました！ いま まるを つけています…';
export const STILL_MARKING = 'ちゃんと とどいています。まるつけに じかんが かかっています。';
export const LOOK_AGAIN = 'もういちど みる';
export const DONE = 'ていしゅつ できたよ！';
export const PERFECT = 'ぜんぶ できたね！ すごい！';
export const NOT_MARKED = 'とどきましたが、まるつけが できませんでした。';
export const BY_TEACHER = 'せんせいが みます';
export const POINTS = 'てん';
export const QUESTION = 'もんだい';
export const GOOD = 'できた';
export const ALMOST = 'もうすこし';
export const THINK_AGAIN = 'おしい！ もういちど かんがえてみよう。';
export const SHOW = 'みにいく';
export const AGAIN = 'なおして なんどでも だせるよ。';
export const FAILED = 'おくれませんでした';
export const NO_CONNECTION = 'いま つながっていません。かいたものは きえません。つながったら もういちど おしてね。';
export const RETRY = 'もういちど おくる';

export const CRAB_REPLAY = 'カニの はしった ようす';
export const CRAB_NOT_SHOWN = 'カニの ようすを ひらけませんでした。つながっているか たしかめて、ページを ひらきなおしてね。';
export const CRAB_BROKEN = 'この きろくは こわれていて みられません。セルを もういちど うごかしてね。';
export const CRAB_PLAY = 'さいせい';
export const CRAB_PAUSE = 'いちじ ていし';
export const CRAB_AGAIN = 'もういちど';
export const CRAB_BACK = 'ひとつ もどる';
export const CRAB_FORWARD = 'ひとつ すすむ';
export const CRAB_TIME = 'じかん';
export const CRAB_SPEED = 'さいせいの はやさ';
export const CRAB_EVENTS = 'おきたこと';
export const CRAB_NO_EVENTS = 'とくべつな ことは おきませんでした。';
export const CRAB_STRIPS = 'りょうめの あたいと、しゃりんの はやさの グラフ';
export const CRAB_EYES = 'め（うえの グラフ）';
export const CRAB_WHEELS = 'しゃりん（したの グラフ）';
export const CRAB_LEFT = 'ひだり';
export const CRAB_RIGHT = 'みぎ';
export const CRAB_TRY = 'ほんもので ためす';
export const CRAB_TRYING = 'ためしています…';
export const CRAB_SEND = 'ロボットに おくる';
export const CRAB_SENDING = 'しるしを つけています…';
export const CRAB_NO_KERNEL = 'プログラムを うごかす ところが ねています。セルを もういちど うごかしてから おしてね。';
export const CRAB_NO_ANSWER = 'うまく いきませんでした。セルを もういちど うごかしてから おしてね。';
export const CRAB_ENDED = {
  end: 'プログラムの さいごまで はしりました。',
  error: 'エラーで とまりました。',
  button: 'ボタンで とまりました。',
  battery: 'でんちが すくなくて とまりました。',
  time: 'じかんに なりました。',
  endless: 'プログラムが おわらなくなりました。',
  'off-field': 'コースの そとに でました。',
  stuck: 'うごけなくなりました。',
};
export const crabSeconds = (time) => `${time}びょう`;
export const crabSpeed = (speed) => `${speed}ばい`;
export const crabPoints = (points) => (points > 0 ? `＋${points}てん` : `${points}てん`);
export const crabValues = (leftEye, rightEye, left, right) => `ひだりめ ${leftEye} ・ みぎめ ${rightEye} ・ ひだりの しゃりん ${left} ・ みぎの しゃりん ${right}`;
export const crabDescription = (title, time, points, ended) => `${title || 'コース'}を うえから みた ようす。${time}びょう、${points}てん。${ended}`;
