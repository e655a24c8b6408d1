"""Sentences and words that planted traces are made of."""

WORDS = """
    lantern basket window garden ribbon kettle violin bridge candle marble ladder pebble anchor harbour meadow
    orchard compass blanket feather whistle barrel cabinet chimney curtain drawer engine fiddle glacier hammer
    island jacket kitchen lattice mirror needle ocean pillow quarry rudder saddle tunnel umbrella valley wagon yarn
    zipper acorn button canoe dagger
""".split()
TOPICS = tuple(
    word.replace("_", " ")
    for word in """
    photosynthesis erosion inflation gravity evaporation friction democracy migration symmetry recursion
    fermentation refraction taxation vaccination irrigation magnetism plate_tectonics supply_chains
    double-entry_bookkeeping natural_selection the_water_cycle compound_interest ocean_currents sound_waves
    public_key_encryption garbage_collection the_printing_press tidal_forces soil_acidity perspective_drawing
    harmony_in_music queueing_theory cell_division radioactive_decay monetary_policy version_control coral_reefs
    bee_colonies street_lighting handwriting glaciation sleep memory bread_baking crop_rotation chess_openings
    lighthouse_optics canal_locks alloys weather_fronts
""".split()
)
PROSE = (
    "Explain to a child how {one} and {other} are related, with a {thing} as the example.",
    "Write a short dialogue in which a gardener and a {place} seller argue about {one}, {other} and {third}.",
    "Which is harder to teach, {one} or {other}? Answer in one paragraph that mentions a {thing}.",
    "Draft a letter to a museum that wants to show {one} and {third} next to a {place}.",
    "A friend believes that {one} is caused by {other}. Correct the friend kindly, and mention {third}.",
    "List what a {thing} maker should know of {one}, and what of {third}.",
)
OPENINGS = (
    "Okay, let me read the task again before I start.",
    "First I write down what is given.",
    "Let me see what is being asked here.",
    "I should set this up carefully, since a slip early on would spoil everything.",
    "Alright, the task has {b} words or so, but only a few of them matter.",
    "Let me begin with the simplest case.",
)
CHECKS = (
    "A quick check by putting the value back in agrees with what was given.",
    "I went through the steps once more from the end, and they hold.",
    "Both ways of counting give the same, so I am confident.",
    "An estimate with round numbers lands close by, which is reassuring.",
    "Nothing in the wording contradicts this, so I can write the answer down.",
)
ASIDES = (
    "I could also try this with {a} in place of the number, just to see the pattern.",
    "Wait, did I read the sign correctly?",
    "Yes, the sign is as I thought.",
    "A sketch would help: think of a {thing} on a table beside a {other}.",
    "If that were so, then {a} would be far too large.",
    "Hmm, the second condition is weaker than it looks.",
    "Suppose for a moment that everything is {b} times larger; then the ratio stays the same.",
    "There is a shortcut through symmetry, but I would rather do it step by step.",
    "Actually, that shortcut fails when the two parts overlap.",
    "Units first: everything is measured alike, so no conversion is needed.",
    "My first guess was about {a}, which turns out to be off.",
    "The usual trap here is to count one of the cases twice.",
    "Let me rewrite this so that the unknown stands alone.",
    "Rounding too early is dangerous, so I keep exact values.",
    "On the other hand, {one} behaves quite differently in that respect.",
    "One may compare it with {one}, where the same idea shows up.",
    "That leaves two possibilities, and one of them is ruled out at once.",
    "The remaining one needs a closer look.",
    "Is there any reason to believe that the order matters?",
    "No, the order plays no part in what is asked.",
    "A table of small values would show {b} first and then grow quickly.",
    "The statement does not say so, but it is clearly meant.",
    "It helps to name the unknown quantity before going on.",
    "Intuitively a {thing} weighs less than a {other}, though that is only a picture.",
    "Now I combine both facts.",
    "This matches what I remember about {one}.",
    "Still, memory is no proof, so I derive it again.",
    "The bound of {a} is not sharp, but it is good enough for now.",
    "Looking back, the middle step was the only one that needed care.",
    "Someone in a hurry might stop here and miss the last condition.",
    "I note in passing that {b} divides neither of them.",
    "Alternatively one argues by contradiction, which takes longer.",
    "For completeness I should treat the boundary as well.",
    "At the boundary nothing special happens.",
    "A careful reader will ask why {b} does not appear; it cancels.",
    "So the claim holds for every {thing} in the {other} as well.",
    "Let me double-check the arithmetic with a different grouping.",
    "Grouping by tens gives the same total.",
    "I think the cleanest way is to go from the end backwards.",
    "Going backwards, the last but one value must have been near {a}.",
)
FOREIGN = {
    "zh": (
        "首先我们需要理解题目的意思。", "然后把已知条件写下来，一共有{a}个。",
        "接下来可以尝试用代数的方法来解决这个问题。",
        "等一下，这里的符号好像不对。", "如果把这两个式子相加，就可以消去未知数。", "因此结果应该接近{a}左右。",
        "不过我们还需要检查边界的情况。", "换一种思路，也可以从结论往回推导。", "这样计算起来会更加简单一些。",
        "最后再验证一遍，答案是正确的。", "这个方法在其他类似的题目里也能使用。", "所以我们可以得出最终的结论。",
    ),
    "fr": (
        "Commençons par écrire ce qui est donné dans l'énoncé.",
        "Il faut d'abord isoler l'inconnue avant de continuer.",
        "Attention, le signe change quand on passe de l'autre côté.", "On obtient alors une valeur proche de {a}.",
        "Cette idée paraît bonne, mais elle ne suffit pas encore.", "Vérifions maintenant le cas où tout est égal.",
        "Je pourrais aussi partir de la fin et remonter pas à pas.", "Le résultat doit être plus petit que {a}.",
        "Cela correspond bien à ce que nous cherchons.", "Il ne reste plus qu'à rassembler les deux parties.",
        "Une dernière vérification montre que tout est juste.",
        "Voilà pourquoi la réponse est celle que j'ai écrite.",
    ),
    "de": (
        "Zuerst schreibe ich auf, was in der Aufgabe gegeben ist.",
        "Danach löse ich die Gleichung nach der Unbekannten auf.",
        "Moment, habe ich das Vorzeichen richtig gelesen?", "Der Wert sollte ungefähr bei {a} liegen.",
        "Diese Überlegung stimmt, aber sie reicht noch nicht aus.", "Jetzt prüfe ich noch den Fall am Rand.",
        "Man könnte auch von hinten anfangen und rückwärts rechnen.", "Das Ergebnis muss kleiner als {a} sein.",
        "Das passt gut zu dem, was gesucht ist.", "Nun fasse ich die beiden Teile zusammen.",
        "Eine letzte Probe zeigt, dass alles richtig ist.",
        "Deshalb ist die Antwort so, wie ich sie hingeschrieben habe.",
    ),
    "ru": (
        "Сначала запишем всё, что дано в условии задачи.", "Затем выразим неизвестное через остальные величины.",
        "Подождите, здесь, кажется, неправильный знак.", "Значение должно быть примерно равно {a}.",
        "Эта мысль верна, но её пока недостаточно.", "Теперь проверим крайний случай.",
        "Можно также начать с конца и идти назад.", "Результат должен быть меньше, чем {a}.",
        "Это хорошо согласуется с тем, что мы ищем.", "Осталось только сложить обе части.",
        "Последняя проверка показывает, что всё правильно.", "Поэтому ответ именно такой, как я написал.",
    ),
    "es": (
        "Primero escribimos lo que nos da el enunciado.", "Después despejamos la incógnita de la ecuación.",
        "Un momento, creo que el signo no es correcto.", "El valor debería estar cerca de {a}.",
        "Esta idea es buena, pero todavía no es suficiente.", "Ahora comprobamos el caso en que todo es igual.",
        "También se puede empezar por el final y volver hacia atrás.", "El resultado tiene que ser menor que {a}.",
        "Eso coincide con lo que estamos buscando.", "Solo queda juntar las dos partes.",
        "Una última comprobación muestra que todo está bien.", "Por eso la respuesta es la que he escrito.",
    ),
}  # fmt: skip
"""Sentences of other languages, by their ISO 639-1 codes."""
FOREIGN_PROMPTS = {
    "zh": "请计算前{a}个能被{b}整除的正整数之和，并说明理由。",
    "fr": "Quelle est la somme des {a} premiers multiples de {b} ? Explique ton raisonnement.",
    "de": "Wie groß ist die Summe der ersten {a} Vielfachen von {b}? Erkläre deinen Weg.",
    "ru": "Чему равна сумма первых {a} чисел, кратных {b}? Объясните своё решение.",
    "es": "¿Cuánto vale la suma de los primeros {a} múltiplos de {b}? Explica tu razonamiento.",
}
