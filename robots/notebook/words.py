"""Every sentence the notebook says to a child about its crab: short, in kana (a kernel has no furigana engine)."""

from __future__ import annotations

ASK = "わからない ときは、せんせいに この がめんを みせてね。"

BAD_LINE = "「%%kani」の うしろの かきかたが ちがうみたい: {what}"
BAD_LINE_HELP = "「%%kani」だけ、または「%%kani sanpo --seed 3」のように かいてね。"
NO_FIELD = "「{name}」という コースは ありません。"
NO_RULES = "「{name}」という ルールは ありません。"
THERE_ARE = "あるのは: {names}"
BAD_NAME = "「{name}」という なまえは つけられません。"
BAD_NAME_HELP = "a から z の ちいさい アルファベットで、たとえば「crab」「sanpo2」のように つけてね。"
TAKEN_NAME = "「{name}」は ほかで つかっている なまえです。"
TAKEN_NAME_HELP = "べつの なまえに してね。"
EMPTY = "プログラムが まだ かかれて いません。"
EMPTY_HELP = "「%%kani」の したに かいてね。"
TOO_LONG = "プログラムが ながすぎます。"
TOO_LONG_HELP = "みじかく してね。"
NOT_KEPT = "プログラムを ほぞん できませんでした。"
NOT_RUN = "「{name}」は まだ うごかして いません。"
NOT_RUN_HELP = "「%%kani {name}」の セルを さきに うごかしてね。"

STOPPED_AT = "「%%kani」の つぎから かぞえて {line}ぎょうめで とまりました。"
STOPPED = "プログラムが とちゅうで とまりました。"
THE_LINE = "    {text}"
PYTHON_SAYS = "Python の ことば: {said}"
ENDLESS = "プログラムが おわらなく なりました。"
ENDLESS_HELP = "くりかえしの なかに、「wait(0.1)」のような まつ めいれいを いれてみよう。"

TRIED_OTHER = "ほんものと おなじ MicroPython で ためしたら、ちがう ところが ありました。"
TRY_FAILED = "ためせませんでした。"
SENT = "「{name}」に ロボットいきの しるしを つけました。"
SENT_HELP = "「ていしゅつ」すると、いっしょに とどきます。"
SEND_FAILED = "しるしを つけられませんでした。"

KIND = {
    "SyntaxError": "かきかたの まちがいです。かっこや「:」、ぜんかくの もじが ないか みてみよう。",
    "IndentationError": "ぎょうの あたまの くうはくが そろって いません。",
    "NameError": "しらない なまえが あります。つづりを たしかめよう。",
    "TypeError": "めいれいに わたす ものの かずか しゅるいが ちがいます。かっこの なかを みてみよう。",
    "ValueError": "わたした あたいが ちょうどよく ありません。",
    "ZeroDivisionError": "0 で わりざんを して います。",
    "IndexError": "リストに ない ばんごうを つかって います。",
    "KeyError": "じしょに ない ことばを つかって います。",
    "AttributeError": "「.」の うしろの なまえが ありません。つづりを たしかめよう。",
    "ImportError": "ロボットに ない ものを import して います。",
    "ModuleNotFoundError": "ロボットに ない ものを import して います。",
    "RecursionError": "かんすうが じぶんを よびつづけて います。",
    "RuntimeError": "かんすうが じぶんを よびつづけて いるか、めいれいの つかいかたが ちがいます。",
    "MemoryError": "ロボットの メモリーが たりません。リストが おおきすぎないか みてみよう。",
    "AssertionError": "assert の たしかめが あいませんでした。",
}
