/** What a post may ask its readers for. */
export type Ask = 'answer' | 'save' | 'share' | 'follow' | 'act';

/** What rules look for in one language: alternatives of regular expressions, each at a word's beginning. */
export interface WordList {
  readonly greetings: string;
  readonly questionWords: string;
  /** Words that begin a second idea. */
  readonly also: string;
  readonly asks: Readonly<Record<Ask, string>>;
}

/** The languages that the rules can read; of others, what needs words is let pass. */
export const WORDS: Readonly<Record<string, WordList>> = {
  en: {
    greetings:
      "hey|hi|hello|good morning|welcome|what’s up|did you know|let[’']?s talk|in today|have you ever|ever wondered",
    questionWords: 'what|why|how|who|where|when|which|whose',
    also: 'also|additionally|in addition|furthermore|another thing|besides|secondly|moreover|on top of that',
    asks: {
      answer: 'tell|comment|reply|say|let us know|let me know|drop|share your|vote|answer|name one|write us',
      save: 'save|bookmark|keep this|pin this|screenshot',
      share: 'share|send|forward|tag|repost|pass (?:it|this)|show this',
      follow: 'follow|subscribe',
      act: 'try|start|book|visit|read|download|open|pick|choose|write|put|take|make|check|buy|order|sign|click|watch|come|bring|go|set|look|list|stop|ask|plan|test|restore|walk|join|grab|find|learn|see|call|give|cook|count|begin|leave|swap|use|turn|count|keep',
    },
  },
  de: {
    greetings: 'hallo|hi|hey|moin|servus|guten morgen|guten tag|willkommen|wusstest du',
    questionWords:
      'was|warum|wie|wer|wen|wem|wo|wann|welche[rsmn]?|wieso|wozu|wohin|woran|womit|wovon|worauf|wofür',
    also: 'außerdem|zusätzlich|darüber hinaus|des weiteren|ebenfalls|zudem',
    asks: {
      answer: 'schreib|sag(?:t)? (?:uns|mir)|erzähl|kommentier|antwort|verrat|stimm',
      save: 'speicher|merk|heb',
      share: 'schick|teil(?:e|t)(?!\\p{L})|leite|markier|zeig',
      follow: 'folg(?:e|t)(?!\\p{L})|abonnier',
      act: 'probier|nimm|lies|fang|mach|such|leg|stell|geh|hol|komm|back|bestell|ruf|sieh|schau|start|prüf|pack|häng|klick|besuch|setz|wähl|trag|samm|pflanz|füll|öffne|frag|lass',
    },
  },
  fr: {
    greetings: 'bonjour|salut|coucou|bienvenue|saviez-vous|le saviez',
    questionWords: 'que|qu’|quel|quelle|quels|quelles|pourquoi|comment|qui|où|quand|combien|quoi',
    also: 'de plus|en outre|par ailleurs|deuxièmement|également',
    asks: {
      answer: 'dites|dis(?:-|\\s)|raconte|comment(?:e|ez)(?!\\p{L})|répond|écri(?:s|vez)',
      save: 'gard|enregistr|sauvegard|épingl',
      share: 'envo(?:ie|y)|partag|mentionn|tague|identifi|transf|montr',
      follow: 'suivez|suis-|abonn',
      act: 'essa|command|commenc|pren|lis|choisi|ouvr|not|met|fai|vien|venez|test|appel|pass|regard|cherch|sor|roul|jou|inscri|réserv|pos',
    },
  },
  es: {
    greetings: 'hola|buenos días|buenas|bienvenid|sabías que',
    questionWords: 'qué|quién|quiénes|cuál|cuáles|cuándo|dónde|cómo|cuánto|cuánta',
    also: 'además|por otra parte|en segundo lugar|asimismo',
    asks: {
      answer: 'cuént|cuenta|dinos|dime|coment|escríb|escribe|respond',
      save: 'guárd|guarda',
      share: 'envía|comp[aá]rt|etiquet|manda|mánd|reenv',
      follow: 'sígu|sigue|suscr',
      act: 'prueb|pruéb|empi[eé]z|haz|lee|elige|abre|anota|toma|mira|ven|llama|reserv|pon|saca|busca|compra|apunta|únete|prepara|lleva|juega',
    },
  },
  it: {
    greetings: 'ciao|buongiorno|benvenut|lo sapevi|sapevi che',
    questionWords: 'che|cosa|perché|come|chi|dove|quando|quale|quali|quanto|quanti',
    also: 'inoltre|oltre a ciò|in secondo luogo',
    asks: {
      answer: 'scriv|racconta|dicci|dimmi|commenta|rispond|facci sapere',
      save: 'salva|conserva|tieni',
      share: 'manda|invia|condivid|tagga|inoltra|mostra',
      follow: 'segui|iscriv',
      act: 'prova|comincia|inizia|leggi|scegli|apri|prendi|fai|metti|guarda|vieni|chiama|prenota|cerca|porta|prepara|accendi|stampa|chiedi',
    },
  },
  pt: {
    greetings: 'olá|oi|bom dia|bem-vind|você sabia|sabia que',
    questionWords: 'que|quê|quem|qual|quais|quando|onde|como|quanto|quantos|porquê|porque',
    also: 'além disso|além do mais|em segundo lugar|ademais',
    asks: {
      answer: 'cont[ea]|diga|diz|coment|escrev|respond',
      save: 'salv|guard',
      share: 'envi|compartilh|partilh|marque|marca|mand|mostre',
      follow: 'siga|segue|inscrev|acompanh',
      act: 'experiment|come[cç]|faça|leia|escolh|abra|anote|pegue|olhe|venha|vá|ligue|reserv|compre|leve|teste|prove|acord|saia|procure',
    },
  },
  nl: {
    greetings: 'hallo|hoi|hey|welkom|goedemorgen|wist je',
    questionWords: 'wat|waarom|hoe|wie|waar|wanneer|welke|welk',
    also: 'bovendien|daarnaast|verder nog|ten tweede',
    asks: {
      answer: 'vertel|reageer|schrijf|laat (?:het |ons )?weten|antwoord|zeg',
      save: 'bewaar|sla',
      share: 'stuur|deel (?:dit|het|deze)|tag|markeer|toon',
      follow: 'volg(?!end)',
      act: 'probeer|begin|lees|kies|pak|maak|neem|kijk|ga|zet|koop|kom|bel|haal|zoek|vraag|poets',
    },
  },
  pl: {
    greetings: 'cześć|hej|witaj|dzień dobry|czy wiesz',
    questionWords: 'co|dlaczego|jak|kto|gdzie|kiedy|który|które|która|której|jaki|jakie|jaka|ile|czego|czym',
    also: 'ponadto|poza tym|dodatkowo|co więcej|po drugie',
    asks: {
      answer: 'napisz|powiedz|skomentuj|odpowiedz|podziel się|opowiedz|daj znać',
      save: 'zapisz|zachowaj',
      share: 'wyślij|udostępnij|oznacz|prześlij|pokaż',
      follow: 'obserwuj|subskrybuj',
      act: 'wypróbuj|spróbuj|zacznij|przeczytaj|wybierz|weź|zrób|zobacz|idź|zajrzyj|odwiedź|przyjdź|zapytaj|sprawdź|załóż|wypożycz',
    },
  },
  sv: {
    greetings: 'hej|hallå|välkommen|visste du',
    questionWords: 'vad|varför|hur|vem|vilka|var|när|vilken|vilket',
    also: 'dessutom|för övrigt|för det andra|därtill',
    asks: {
      answer: 'berätta|kommentera|skriv|svara|säg',
      save: 'spara',
      share: 'skicka|dela|tagga|visa',
      follow: 'följ(?!and)',
      act: 'prova|testa|börja|läs|välj|ta |gör|titta|gå|köp|kom|ring|hämta|laga|plocka|lägg|fråga|sy',
    },
  },
  tr: {
    greetings: 'merhaba|selam|günaydın|hoş geldin|biliyor mu',
    questionWords: 'ne|neden|niçin|nasıl|kim|nerede|nereye|hangi|kaç|neyi|nedir',
    also: 'ayrıca|bunun yanı sıra|üstelik|ikinci olarak',
    asks: {
      answer: 'yaz|anlat|söyle|yorum|cevap',
      save: 'kayde[dt]|sakla',
      share: 'gönder|paylaş|etiketle|ilet',
      follow: 'takip|abone',
      act: 'dene|başla|oku|seç|al|yap|bak|git|gel|ara|koy|hazırla|kur|çık|kapat',
    },
  },
  ja: {
    greetings: 'こんにちは|こんばんは|おはよう|みなさん|皆さん|ご存じですか',
    questionWords: '何|なに|なぜ|どう|誰|だれ|どこ|いつ|どの|どれ|いくつ|どんな',
    also: 'また、|さらに|加えて|そのうえ',
    asks: {
      answer: '教えてください|教えてね|コメント|聞かせて',
      save: '保存|ブックマーク',
      share: '送って|シェア|タグ付け|伝えて',
      follow: 'フォロー',
      act: 'ください|ましょう|みて',
    },
  },
};

/** Finds any of the alternatives where a word begins (in Japanese, anywhere). */
export function finder(alternatives: string, language: string): RegExp {
  return new RegExp(`${language === 'ja' ? '' : String.raw`(?<![\p{L}\p{M}])`}(?:${alternatives})`, 'giu');
}

/** The same, of whole words. */
export function wordFinder(alternatives: string, language: string): RegExp {
  const end = language === 'ja' ? '' : String.raw`(?![\p{L}\p{M}])`;
  return new RegExp(`${finder(alternatives, language).source}${end}`, 'giu');
}
