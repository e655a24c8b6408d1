"""What a word does in a sentence that states an answer, in the languages that teachers write. Data.

Languages: English, German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese, Korean, Arabic, Hindi.
A word that two of them use in two ways has the use that can stand beside an option's letter.
"""

from typing import Final

# A line: the kind, which is the letter that a token gets, and its phrases of up to three words, apart by commas.
#   a answer   o option   c chooses   s so, it is   i is   f filler   r right   w wrong   e excludes   n not   b but
#   d maybe   u unsure   t takes back   z none   v not among them   p others choose   h if   k because   & and   | or
_TABLE: Final = """
a response, answer, answers, ans, ans., antwort, lösung, réponse, reponse, respuesta, resposta, gabarito, risposta
a soluzione, ответ, ответом, ответа, 答案, 答え, 解答, 正解, 正答, 정답, 답, الإجابة, الاجابة, الجواب, الإجابه
a إجابة, उत्तर, जवाब
o option, options, choice, choices, letter, letters, alternative, buchstabe, lettre, choix, proposition, opción
o opcion, letra, inciso, literal, alternativa, opção, opcao, item, lettera, opzione, вариант, вариантом
o вариант ответа, буква, буквой, пункт, 选项, 選項, 选择肢, 選択肢, 项, 項, 記号, 선택지, 보기, 번, الخيار, الحرف
o الاختيار, विकल्प
c choose, chooses, chose, choosing, select, selecting, pick, picking, go with, going with, go for, going for
c settle on, finalize, finalise, opt for, leaves, left with, leaving, corresponds to, corresponding to
c corresponds, matches, vote for, wähle, wählen, bleibt, entspricht, choisis, choisir, correspond à, reste, elijo
c escojo, selecciono, me quedo con, corresponde a, escolho, fico com, scelgo, scegliere, corrisponde a, выбираю
c выбираем, выбрать, остаётся, остается, соответствует, 选, 選, 选择, 選択, 選ぶ, 选出, 应选, 故选, 고르면, 선택
c أختار, اختر, نختار, चुनता हूँ, चुनते हैं, चुनें
s by elimination, process of elimination, so, therefore, thus, hence, consequently, accordingly, actually, it is
s it's, it must, it has, this is, that is, that's, i.e, i.e., daher, somit, deshalb, folglich, demnach, es ist
s das ist, donc, ainsi, alors, c'est, por tanto, por lo tanto, entonces, luego, portanto, logo, então, assim
s quindi, dunque, perciò, pertanto, следовательно, поэтому, значит, итак, таким образом, это, 故, 所以, 因此, 因而
s 综上, 综上所述, 从而, よって, したがって, 従って, ゆえに, つまり, 따라서, 그러므로, إذن, لذلك, لذا, وبالتالي
s अतः, इसलिए
i is, are, be, must, should, would, has to, was, being, becomes, remains, reads, means, says, namely, ist, sind
i lautet, muss, wäre, wird, est, sont, doit, être, serait, es, son, sería, sera, debe, ser, é, são, seria, deve, è
i sono, sarebbe, essere, является, будет, быть, 是, 为, 為, 即, は, が, も, 은, 는, 이, 가, هي, هو, है, हैं, होगा
i होगी, होना, です, である, だ, となる, になります, となります, でしょう, 입니다, 이다, 이에요, 예요
f thought, thinks, the, a, an, my, our, your, final, correctly, clearly, definitely, certainly, surely, likely
f most likely, probably, most, only, indeed, for sure, that, this, it, i, we, you, i'd, i'll, i'm, let's, let us
f think, believe, say, will, would say, you have, have, us, to, now, then, here, one, both, all, obviously, simply
f also, again, still, in fact, overall, finally, and finally, of course, among, des, der, die, das, den, dem, ich
f wir, nur, klar, eindeutig, endgültige, endgültig, finale, la, le, les, l', d', qu', que, nous, je, seule, seul
f el, los, las, una, uno, un, une, yo, único, única, os, um, uma, eu, il, lo, gli, unica, по, мой, наш
f окончательный, наиболее, только, я, мы, 本, 应该, 應該, 应, 应当, 的, 最, 只有, 唯一, 我, 我们, 本题, 本题的, 题
f 最终, 最後, 最終, 参考, 正, 最も, の, 본, 문제, 문제의, 최종, 의, النهائية, النهائي, هذا, هذه, अंतिम, यह, केवल
f मेरा, either, either of, soit, entweder, sia
r correct, right, true, best, appropriate, most appropriate, accurate, valid, suitable, works, holds, fits
r verified, richtig, richtige, richtigen, korrekt, korrekte, zutreffend, stimmt, correcte, juste, bonne, bon
r vraie, exacte, correcta, correcto, verdadera, acertada, adecuada, correta, correto, certa, certo, verdadeira
r corretta, corretto, giusta, giusto, esatta, vera, правильный, правильная, правильным, правильно, верный, верно
r верен, верна, верным, подходит, 正确, 正確, 正确的, 正確な, 对, 对的, 符合题意, 正しい, 正しく, 適切, 適切な
r 맞습니다, 맞다, 옳은, 옳다, 옳습니다, 올바른, الصحيحة, الصحيح, صحيح, صحيحة, सही
w wrong, incorrect, false, untrue, impossible, invalid, inaccurate, eliminated, ruled out, excluded, fails, fail
w out, falsch, unmöglich, ausgeschlossen, fausse, faux, incorrecte, incorrecta, incorrecto, falsa, falso, errada
w errado, incorreta, incorreto, sbagliata, errata, неверно, неверный, неверен, неверна, неправильно, неправильный
w исключён, 错误, 錯誤, 错, 错误的, 不对, 不正确, 不正確, 不成立, 不符合题意, 不符合, 誤り, 間違い, 틀렸습니다
w 틀리다, 틀린, 옳지 않다, خاطئة, خطأ, خاطئ, गलत
e eliminate, eliminates, eliminating, exclude, excludes, excluding, reject, discard, rule out, rules out
e ruling out, except, 排除, schließe, ausschließen, éliminer, élimine, eliminar, descartar, descarto, descartamos
e eliminare, исключаем, исключить
n 아니, not, never, neither, nor, cannot, can 아니, isn't, aren't, can't, doesn't, don't, wasn't, wouldn't
n couldn't, shouldn't, won't, nicht, kein, keine, n', ne, pas, ni, nunca, no, não, non, né, не, нет, нельзя, 不
n 不是, 不选, 不能, 不能选, 不应, 不可能, 非, 并非, ではない, ではありません, じゃない, 아닙니다, 아니다, 아니고
n ليست, ليس, لا, नहीं, न
b 아니라, 가 아니라, 이 아니라, yet, however, though, aber, doch, jedoch, pourtant, cependant, pero, porém, però
b однако, 但, 但是, 然而, しかし, 그러나, 하지만, لكن, लेकिन, परंतु, but, but rather, rather, instead, sondern
b mais, sino, mas, mas sim, ma, bensì, но, 而是, 而应, ではなく, बल्कि, بل
d maybe, perhaps, possibly, might, may, could, can, vielleicht, möglicherweise, könnte, peut-être, pourrait
d quizás, quizá, tal vez, podría, puede, talvez, pode, poderia, forse, potrebbe, può, возможно, может, может быть
d вероятно, 可能, 可能是, 也许, 或许, 大概, かもしれません, かもしれない, たぶん, おそらく, 아마, 아마도, 일 수도
d ربما, قد, शायद
u not sure, unsure, not certain, uncertain, undecided, cannot decide, nicht sicher, unsicher, pas sûr, pas certain
u no estoy seguro, não tenho certeza, non sono sicuro, не уверен, не уверена, 不确定, 不太确定, わかりません
u 自信がありません, 확실하지, 모르겠, لست متأكدا, निश्चित नहीं
t wait, oops, correction, scratch that, misread, let me recheck, let me reconsider, let me redo, on second thought
t i was wrong, i made a, that's wrong, that is wrong, that's not right, that is not, this is wrong
t that's incorrect, that is incorrect, moment mal, korrektur, das ist falsch, attends, attendez, erreur
t corrección, espera, eso no es, correção, espere, aspetta, correzione, подождите, ошибка, стоп, 等等, 更正
t 等一下, 我错了, 待って, 訂正, 잠깐, 정정, انتظر, تصحيح, रुकिए, सुधार
z none, neither of, none of, all options are wrong, keine der, keine von, aucune, aucun, ninguna, ninguno, nenhuma
z nenhum das, nessuna, nessuno, ни один, ни одна, 以上都不, 都不, どれも, いずれも, لا شيء, इनमें से कोई
v not among, not listed, not provided, not in the, not one of, not available, not given, not represented
v not included, not an option, cannot be determined, can't be determined, nicht unter, 无正确, 没有正确, 无法确定
v 不在选项
p initially, at first, originally, zuerst, d'abord, au début, al principio, inicialmente, inizialmente, сначала
p 最初, 起初, 一开始, 처음에, في البداية, students, people, many, others, someone, mistake, trap, tempting
p tempted, distractor, viele, étudiants, beaucoup, muchos, molti, многие, 有人, 同学, 很多人, misconception
p temptation
h if, suppose, assume, whether, when, unless, wenn, falls, angenommen, si, se, если, 如果, 假设, 若, もし, 만약
h إذا, यदि, अगर
k because, since, as, due to, due, which, where, who, given, with, while, although, whereas, for, by, weil, da
k denn, wegen, car, parce, puisque, porque, ya, pois, já, perché, poiché, так как, потому, поскольку, 因为, 由于
k ので, から, لأن, क्योंकि, over, in, at, from
& and, und, et, y, e, ed, и, और, و, &, +, 和, 与, 及, 以及, と, 및, 와, 과
| or, oder, ou, или, либо, 或, 或者, 还是, または, か, 또는, 혹은, أو, या, o
"""


def _kinds() -> dict[str, str]:
    lines = (line.split(" ", 1) for line in _TABLE.strip().splitlines())
    return {phrase: kind for kind, phrases in lines for phrase in phrases.split(", ")}


KIND_OF: Final = _kinds()
"""The kind of a phrase in lower case."""
LETTER_OF: Final = dict(zip("АБСГДأابجدهकखगघ", "ABCDEAABCDEABCD", strict=True))
"""Letters of other alphabets that name options; not the Russian В, which is their third and looks like our second."""
