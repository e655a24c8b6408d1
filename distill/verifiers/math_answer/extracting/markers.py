"""The words that mark, join, doubt or take back an answer, by language: data.

A line is a language and its phrases in small letters, parted by `|`; `--` are signs. A language that is not here is
read by its digits and signs alone.
"""

from distill.verifiers.math_answer.extracting.words import Words, one_of

_ANSWER = one_of("""
en final answers?|correct answers?|answers?|ans|correct result|correct value|correction|final result|final value
de antwort|lösung|endergebnis|korrektur
fr réponse|reponse|résultat final|correction|rectification
es respuesta|resultado final|corrección
pt resposta|resultado final|correção
it risposta|risultato finale|correzione
nl antwoord
pl odpowiedź|odpowiedzią
tr cevap|cevabı
ru ответ|ответом|исправление
ar الإجابة|الاجابة|الجواب|الناتج
hi उत्तर
vi đáp án|đáp số|câu trả lời
id jawaban|jawabannya
zh 最终答案|正确答案|答案|故选|更正
ja 答え|正解|解答|訂正
ko 정답|답
""")
_LINK = one_of("""
en is|are|be|was|were|equals?|equal to|gives?|gave|giving|gets?|got|yields?|yielding|obtains?|becomes?|became|makes?
en making|made|leaves?|leaving|left with|needs?|needed|have|has|had|having|total of|sum of|costs|totals|totall?ing
en means|meaning|takes?|find|found|(?:comes|amounts|adds? up|simplifies|reduces|evaluates|rounds) to
en (?:comes|works|turns) out (?:to be|to|as)|ends? up with
en (?:falls?|rises?|drops?|grows?|shrinks?|(?:in|de)creases?) by|it's|that's|earns?|pays?|spends?|saves?|only
de ist|sind|lautet|lauten|beträgt|betragen|ergibt|wäre|gleich
fr est|sont|vaut|valent|égale|égal à|donne
es es|son|igual a|vale|sería
pt é|são|igual a|seria
it è|sono|uguale a
nl is
pl wynosi
ru равно|равна|равен|равны|составляет|будет|это
ar هو|هي|يساوي|تساوي
vi là|bằng
id adalah
zh 应该是|应该为|应是|应为|等于|得到|共有|得|是|为|有
ja は|が
ko 은|는|이
""")
_CONCLUSION = one_of("""
en so|thus|therefore|hence|consequently|in total|in all|altogether|overall|finally|in conclusion|we conclude
en which (?:means|is|equals)|(?:that|this|it) (?:makes|gives|means|leaves)|which gives|it follows that|for a total of
en making|leaving|implies|meaning|total
de also|somit|daher|folglich|insgesamt|damit|deshalb
fr donc|ainsi|par conséquent|au total|finalement
es entonces|por lo tanto|por tanto|así que|en total|luego
pt portanto|logo|então|assim|no total
it quindi|dunque|perciò|in totale
nl dus
pl zatem|więc
tr sonuç olarak
ru значит|следовательно|итак|таким образом|поэтому|всего
ar إذن|لذلك|وبالتالي
hi इसलिए
zh 所以|因此|总共|一共|综上|于是
ja したがって|よって|合計
ko 따라서|그러므로
-- ∴|⇒|⟹|→
""")
_REASON = one_of("""
en because|since|as (?:the|it|there|this|each|we|he|she|they|shown)|where|when|if|while|given that|rather than
en instead of|not|assuming|i\\.e\\.?|that is,
de weil|da|denn|wobei|wenn|nicht
fr parce que|puisque|où|quand|pas|et non
es porque|ya que|pues|donde|cuando|no
pt porque|pois|já que|onde|quando|não
it perché|poiché|dove|quando|non
ru потому что|так как|поскольку|где|когда|а не
zh 因为|由于|而不是|不是
""")
_DENIAL = one_of("""
en not|never|excluded|ruled out|rejected|discarded|extraneous|neither|nor|cannot|unknown|unclear|undetermined
en impossible|wrong|incorrect|any(?:thing)? (?:number )?but
de nicht|kein|keine|keinesfalls
fr n'est|n'est pas|ne|pas|jamais
es no|nunca
pt não|nunca
it non
nl niet
pl nie
tr değil
ru не
ar ليست|ليس|لا
hi नहीं
vi không phải|không
id bukan
-- n't
zh 不是|并非|不等于|不可能|不为|不会|无法|不
ja ではあり|ではない|でない|じゃない|ではなく
ko 아닙|아니|아닌
""")
_CONTRAST = one_of("""
en but|rather
de sondern
fr mais
es sino
pt mas|e sim
it ma|bensì
ru а
zh 而是|应该是|应是
ja ではなく
ko 아니라
""")
_DOUBT = one_of("""
en estimate|contradicts?|maybe|perhaps|possibly|probably|presumably|either|guess|guessing|guessed|i think|not sure
en unsure|uncertain|depends|depending|seems|likely|tentatively|suspect|promising|i'd say|give or take|or so
en or thereabouts|unless
de vielleicht|möglicherweise|wahrscheinlich|vermutlich|entweder|unsicher|nicht sicher|wohl
fr peut-être|peut être|probablement|sans doute|pas sûre?|il se peut
es quizás?|tal vez|probablemente|posiblemente|no estoy segur[oa]
pt talvez|provavelmente|possivelmente|não tenho certeza
it forse|probabilmente|non sono sicur[oa]
nl misschien|waarschijnlijk
pl może|prawdopodobnie|chyba
tr belki|muhtemelen|olabilir
ru возможно|вероятно|наверное|может быть|кажется|либо
ar ربما|قد يكون|قد تكون|يمكن أن
hi शायद
vi có thể|có lẽ
id mungkin
zh 也许|或许|大概|猜|似乎|不确定
ja かもしれ|おそらく|たぶん|多分|だろう|でしょう|と思
ko 아마|것 같|수도 있
""")
_BOUND = one_of("""
en at least|at most|than|(?:might|could|may|can) be|up to|between|around|roughly|about|nearly|almost|exceeds?|over
en under|above|below|close to|divisible by|multiples? of|modulo|bound(?:ed)?(?: is| of| by)?|half of|denominator of
en a factor of|powers? of|square root of|no (?:more|less|fewer)
de könnte|mindestens|höchstens|etwa|ungefähr|circa|ca|als|zwischen|über|unter
fr pourrait être|peut être|au moins|au plus|environ|supérieure? à|inférieure? à|que|plus de|moins de|entre
es podría ser|puede ser|al menos|por lo menos|como máximo|como mínimo|como mucho|a lo sumo|que|más de|menos de
es alrededor de|unos|entre
pt poderia ser|pode ser|pelo menos|no mínimo|no máximo|cerca de|que|mais de|menos de|entre
it potrebbe essere|può essere|almeno|al massimo|al minimo|circa|di più di|di meno di|maggiore di|minore di|più di
it meno di
nl minstens|hoogstens|ongeveer
pl co najmniej|co najwyżej|około
tr en az|en fazla|yaklaşık
ru не менее|не более|около|примерно|чем|больше|меньше|минимум|максимум|хотя бы
ar على الأقل|على الأكثر|حوالي|أكثر من|أقل من
hi कम से कम|लगभग
vi ít nhất|nhiều nhất|khoảng
id setidaknya|sekitar
zh 可能(?:是|为|有)?|大约|约为|约|至少|至多|最多|最少|不超过|不少于|大于|小于|多于|少于
ja 少なくとも|多くとも|せいぜい|およそ|約
ko 적어도|최소|최대|대략|약
-- [<>≤≥≠]
""")
_BOUND_AFTER = one_of("""
en at (?:first|the start|the beginning)|initially|originally|decimal|to (?:consider|check|follow|solve)
en or (?:so|more|less|fewer)|at (?:least|most)|give or take
de oder (?:mehr|weniger)
fr ou (?:plus|moins)|au (?:moins|plus)
es o más|o menos|como (?:mínimo|máximo)
zh 左右|以上|以下|上下
ja 以上|以下|未満|くらい|ほど
ko 이상|이하|미만|정도
""")
_RETRACTION = one_of(r"""
-- n't (?:seem )?right
en wait|hold on|actually|correction|scratch that|re-?check|re-?consider|re-?compute|re-?calculate|redo|misread
en miscount\w*|hmm|miscalculat\w*|my mistake|made an? (?:mistake|error)|oops|on second thought|sorry
en can(?:not|'t) be right|not (?:right|correct|sure)
en (?:that|this|it|which|answer|value|result) (?:is|was) (?:wrong|incorrect|a mistake)|(?:that|it)'s (?:wrong|incorrect)
en strike that|retract\w*|withdraw\w*|take (?:that|it) back|disregard\w*|should be (?:ignored|discarded|rejected)
en fails the check|(?:this|that|it) (?:does not|doesn't) (?:work|satisfy|hold)
de moment mal|warte|korrektur|falsch|doch nicht|nein|stimmt nicht|verrechnet|quatsch
fr attendez|attends|en fait|erreur|faux|trompée?|rectification
es espera|esperen|en realidad|corrección|equivoqu\w+|incorrecto|perdón|está mal
pt espera|espere|na verdade|correção|enganei|errad[oa]|errei
it aspetta|in realtà|correzione|sbagliat[oa]|mi sbaglio|anzi
ru подожди|подождите|стоп|исправление|ошибся|ошиблась|неверно|на самом деле
ar انتظر|تصحيح|خطأ
zh 等等|等一下|更正|不对|错了|有误|重新|其实
ja 待って|待てよ|訂正|間違|いや、|やっぱり|誤り
ko 잠깐|정정|틀렸|아니,|다시 계산
""")
_STEP = r"""
en using|plug|plugging|setting|where|squaring|dividing|multiplying|adding|subtracting|divide|multiply|add|subtract
en compute|calculate|substitute|substituting|recompute|first|next|try|trying|check|verify|start|starting|begin|by|to
en need to|want to|have to|must|remains to|still|could|correct to|here
"""
_PREMISE = r"""
en let|let's|consider|see|suppose|assume|assuming|imagine|recall|note|notice|if|given|i'll|know|another|roll|initially
en originally|here are|could it|can it|is it
de sei|seien|angenommen|wenn|falls|zuerst|betrachte
fr soit|supposons|si|d'abord|considérons
es sea|supongamos|si|primero|consideremos
pt seja|suponha|se|primeiro
it sia|supponiamo|se
ru пусть|предположим|если|сначала|рассмотрим
zh 设|假设|如果|若|首先
ja もし|仮に|まず
ko 만약|먼저
"""
_DATA = one_of("""
en of|by|when|where|if|with|over|between|among|from|during|per|within|than|on|at|in|after|before|for|to|through|until
en under|above|below|about|against|every|each|these|those|add|plus|minus|times|subtract|reach|first|last|next|other
en nearest
de von|mit|zwischen|pro|in|um|auf|aus|bis|nach|vor
fr de|des|avec|entre|par|dans|sur|en
es de|con|entre|por|cada
pt de|com|por
it di|con|tra|per
ru из|с|между|в|на|по|от|до
zh 每组|每个|每|第|从
""")
_LABEL = one_of("""
en degree|fact|faces|return|print|exec|lambda|steps?|cases?|parts?|equations?|eqs?|sections?|examples?|figures?|pages?
en problems?|questions?|lines?|lemma|theorem|attempt|method|chapter|exercise|formula|row|column|table|round|grade
en option|choice|day|year|number|no|version|level|room|route|base|horse|player|item|digit|corollary|proposition
en definition|claim|appendix|volume|hint|note|footnote|reference
de schritt|fall|teil|gleichung|seite|aufgabe|satz|kapitel|beispiel
fr étape|cas|partie|équation|question|théorème|exemple
es paso|caso|parte|ecuación|página|pregunta|teorema|ejemplo|opción
pt passo|equação|questão
ru шаг|случай|часть|уравнение|страница|задача|теорема
zh 步骤|情况|选项|方程|第
-- [#№]
""")
_ASIDE = one_of("""
en hope|feel free|let me know|confidence|certainty|q\\.?e\\.?d|check|checks|verification|verify|verified|done
en explanation|note|as (?:claimed|desired|required|expected)|thank|good luck|glad|happy
de konfidenz|probe
fr confiance|vérification
es confianza|verificación
pt confiança|verificação
ru уверенность|проверка
zh 置信度|验证|检验
""")
_SURRENDER = one_of("""
en i (?:cannot|can't|couldn't|could not|am unable to|am not able to|do not know|don't know|give up)|no idea|unable to
fr je ne sais pas
de ich weiß (?:es )?nicht
es no lo sé
pt não sei
ru не знаю
zh 我不知道|我无法
ja 分かりません|わかりません
ko 모르겠
""")
_NEAR = (
    r"(?:(?:just|that|only|exactly|simply|approximately|therefore|thus|then|also|now|still|indeed|clearly|equal to"
    r"|given by|the|a|an|us|you|option|value|number|of|de|for|total|all|me|him|her|it|them|to be|"
    r"(?:a|an|the)\s(?:\w{1,20}\s){1,4}?of)\s)"
)
"""Words that may stand between a verb and the value that it gives."""
_OPENING = r"\W{0,8}+(?:okay|ok|well|so|and|but|thus|then|next|now)?+[\s,]{0,3}+(?:we |i )?+(?:then |now |can )?+"
_CLOSE = r"[\s*_$(\"“”'«`:：\\]{0,8}$"
_COPULA = r"(?:\b(?:is|are|was|were|gives|leaves|ist|est|es|son|é)\b|=)"
_ARTICLE = r"(?:(?:the|a|an|his|her|its|their|los|las|les|la|le|der|die|den)\s)?"
_PURPOSE = r"(?<!need )(?<!needs )(?<!have )(?<!has )(?<!had )(?<!able )(?<!going )\bto (?!be\b)\w{1,20}"
_WITHOUT_VERB = rf"(?!\s\w{{1,30}}\s[^\n]{{0,80}}{_COPULA})"

ANSWER = Words(_ANSWER)
LINK = Words(rf"(?:{_LINK}\s?{_NEAR}{{0,4}}|[=:：≈→⇒∴]\s?){_CLOSE}")
"""At the end of what stands before a value: the word or sign that gives it."""
STARTS_WITH_LINK = Words(
    rf"\s{{0,3}}(?:\([^()\n]{{0,40}}\)\s?)?[*_]{{0,3}}\s?(?:(?!{_DENIAL})[^\W\d_]{{3,14}}\s(?={_LINK}|[:：]))?"
    rf"(?:{_LINK}|(?=\w{{1,6}}n['’]t\b)|[:：=—–-]|(?:of\s)?(?=[\d$\\*\"“]))"
)
"""At the start of what stands behind a marker: the verb or sign, or the value itself."""
CONCLUSION = Words(_CONCLUSION)
REASON = Words(rf"{_REASON}|(?<![,\s]\s)\b(?:who|that (?:are|is|were|have|has))\b")
DENIAL = Words(f"{_DENIAL}{_WITHOUT_VERB}")
"""A denial that no verb parts from what follows: `is not 42`, but not `those not used are 42`."""
CONTRAST = Words(_CONTRAST)
DOUBT = Words(_DOUBT)
BOUND = Words(rf"{_BOUND}\s?(?:{_LINK}\s?)?{_NEAR}{{0,3}}{_CLOSE}")
BOUND_AFTER = Words(rf"\W{{0,3}}(?:\w{{1,12}}\s)?{_BOUND_AFTER}")
RETRACTION = Words(_RETRACTION)
PREMISE = Words(_OPENING + one_of(_PREMISE))
"""At the start of a sentence: its value is supposed, or known before."""
STEP = Words(_OPENING + one_of(_STEP))
"""At the start of a sentence: its value is on the way, if no verb gives it."""
DATA = Words(rf"(?:{_DATA}|{_PURPOSE}|\b(?:the|all|his|her|their|its))\s?{_ARTICLE}{_CLOSE}")
"""At the end of what stands before a value: it is part of what was given."""
PURPOSE = Words(rf"{_PURPOSE}\s{_ARTICLE}{_CLOSE}")
"""Before a value: the purpose that it serves, as in `to make 8 cakes`."""
LABEL = Words(f"{_LABEL}{_CLOSE}")
ASIDE = Words(_ASIDE)
SURRENDER = Words(_SURRENDER)
