//! What words promise, deny, count or merely say out of courtesy, in the languages that are most met.

use knowledge::retrieval::text;

/// What a business is held to when somebody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    Free,
    Guarantee,
    PaidBack,
    Reduced,
    /// More than what was paid for.
    Extra,
}

/// Beginnings of words, folded; whole words where a space follows.
const PROMISES: &[(Promise, &[&str])] = &[
    (
        Promise::Free,
        &[
            "free ",
            "complimentary",
            "no charge",
            "not charged",
            "without charge",
            "no cost",
            "no extra",
            "not cost",
            "costs nothing",
            "includ",
            "gratuit",
            "offert",
            "sans frais",
            "sans supplement",
            "sans surcout",
            "compris",
            "inclus",
            "kostenlos",
            "kostenfrei",
            "gratis",
            "umsonst",
            "ohne aufpreis",
            "kein aufpreis",
            "inklusive",
            "sin coste",
            "sin cargo",
        ],
    ),
    (
        Promise::Guarantee,
        &[
            "guarant",
            "warrant",
            "insur",
            "garant",
            "assurance",
            "est assure",
            "sont assure",
            "versicher",
            "asegura",
        ],
    ),
    (
        Promise::PaidBack,
        &[
            "refund",
            "reimburs",
            "money back",
            "deducted",
            "credited",
            "rembours",
            "deduit",
            "un avoir",
            "erstatt",
            "zuruckerstatt",
            "angerechnet",
            "verrechnet",
            "reembols",
            "descuenta",
        ],
    ),
    (
        Promise::Reduced,
        &[
            "discount",
            "reduced",
            "cheaper",
            "reduction",
            "remise de 1",
            "remise de 2",
            "remise de 3",
            "remise de 4",
            "remise de 5",
            "remises",
            "rabatt",
            "ermassig",
            "descuento",
            "half price",
        ],
    ),
    (
        Promise::Extra,
        &[
            "voucher",
            "gift",
            "bonus",
            "compensat",
            "waive",
            "doubled",
            "on the house",
            "cadeau",
            "bon d achat",
            "gutschein",
            "geschenk",
            "regalo",
        ],
    ),
];

/// "Fee-free" does, too.
const FREE_OF_FEES: [&str; 5] = ["fee-free", "charge-free", "cost-free", "postage-free", "tax-free"];

/// "Feel free" and "gluten-free" give nothing away.
const NOT_FREE: &[&str] = &[
    "feel free",
    "are free to",
    "-free",
    "free of",
    "free slot",
    "slots free",
];

/// "Free from nuts" neither; "free from 60 €" does.
const FREE_FROM: &str = "free from ";

/// "Free of charge" does.
const FREE: &str = "free of charge";

pub fn promises(text: &str) -> Vec<Promise> {
    let mut folded = format!(" {} ", plain(text).replace(FREE, "gratis"));
    for free in FREE_OF_FEES {
        folded = folded.replace(free, "gratis");
    }
    for not in NOT_FREE {
        folded = folded.replace(not, " ");
    }
    let parts: Vec<&str> = folded.split(FREE_FROM).collect();
    let gives = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    folded = parts
        .iter()
        .enumerate()
        .map(|(at, part)| match parts.get(at + 1) {
            Some(rest) if gives(rest) => format!("{part}gratis "),
            _ => (*part).to_owned(),
        })
        .collect();
    let speaks = |words: &[&str]| words.iter().any(|word| folded.contains(&format!(" {word}")));
    let promised = PROMISES.iter().filter(|(_, words)| speaks(words));
    promised.map(|(promise, _)| *promise).collect()
}

/// Folded, with single spaces and no signs between words.
fn plain(text: &str) -> String {
    let folded = text::fold(text).replace('’', "'");
    let folded = folded.replace("n't", " not").replace("cannot", "can not");
    let is_sign = |c: char| !c.is_alphanumeric() && c != '-';
    let words: Vec<&str> = folded.split(is_sign).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

const NO: &[&str] = &[
    "refuse",
    "refuses",
    "refused",
    "hardly",
    "unable",
    "impossible",
    "unmoglich",
    "imposible",
    "not",
    "no",
    "never",
    "without",
    "nor",
    "neither",
    "none",
    "pas",
    "non",
    "aucun",
    "aucune",
    "jamais",
    "sans",
    "ni",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keiner",
    "nie",
    "ohne",
    "nunca",
    "sin",
    "ningun",
    "ninguna",
];

pub fn says_no(sentence: &str) -> bool {
    plain(sentence).split(' ').any(|word| NO.contains(&word))
}

/// What a number counts, where the same can be said with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// After noon.
    Evening,
    Hour,
    Day,
    Week,
}

const UNITS: &[(Unit, &[&str])] = &[
    (Unit::Evening, &["pm"]),
    (
        Unit::Hour,
        &[
            "h", "hr", "hrs", "hour", "hours", "heure", "heures", "stunde", "stunden", "hora", "horas",
        ],
    ),
    (
        Unit::Day,
        &[
            "day", "days", "jour", "jours", "tag", "tage", "tagen", "dia", "dias",
        ],
    ),
    (
        Unit::Week,
        &[
            "week", "weeks", "semaine", "semaines", "woche", "wochen", "semana", "semanas",
        ],
    ),
];

pub fn unit(word: &str) -> Option<Unit> {
    let found = UNITS.iter().find(|(_, words)| words.contains(&word));
    found.map(|(unit, _)| *unit)
}

/// "A week" and "une semaine": words that count one.
pub const ONE: &[&str] = &[
    "a", "an", "one", "un", "une", "ein", "eine", "einen", "einer", "una",
];

/// "Two to three weeks", "9 - 5 pm".
pub const BETWEEN: &[&str] = &["to", "or", "and", "a", "ou", "et", "bis", "oder", "und", "o", "y"];

const COURTEOUS: &[&str] = &[
    "hi",
    "hello",
    "dear",
    "happy",
    "glad",
    "help",
    "assist",
    "let",
    "know",
    "question",
    "questions",
    "contact",
    "reach",
    "thank",
    "thanks",
    "sorry",
    "welcome",
    "hope",
    "hear",
    "hesitate",
    "forward",
    "enjoy",
    "please",
    "feel",
    "ask",
    "else",
    "sure",
    "wonderful",
    "pleasure",
    "soon",
    "touch",
    "absolutely",
    "certainly",
    "luck",
    "bonjour",
    "cher",
    "chere",
    "madame",
    "monsieur",
    "hesitez",
    "contacter",
    "aide",
    "aider",
    "merci",
    "desole",
    "desolee",
    "plaisir",
    "bienvenue",
    "bonne",
    "journee",
    "savoir",
    "besoin",
    "heureux",
    "ravi",
    "volontiers",
    "disposition",
    "hallo",
    "liebe",
    "lieber",
    "frau",
    "herr",
    "freue",
    "freuen",
    "fragen",
    "gerne",
    "gern",
    "helfen",
    "hilfe",
    "danke",
    "willkommen",
    "melden",
    "leid",
    "viel",
    "spass",
    "hola",
    "gracias",
    "ayudar",
    "ayuda",
    "pregunta",
    "preguntas",
    "dudas",
    "contactar",
    "bienvenido",
    "encantados",
];

/// Words that greet or thank somebody, who may then be named.
const GREETINGS: &[&str] = &[
    "hi", "hello", "dear", "thank", "thanks", "bonjour", "cher", "chere", "madame", "monsieur", "merci",
    "hallo", "liebe", "lieber", "frau", "herr", "danke", "hola", "gracias",
];

pub fn greets(sentence: &str) -> bool {
    plain(sentence).split(' ').any(|word| GREETINGS.contains(&word))
}

/// "Have a great day!"
pub fn wishes_well(sentence: &str) -> bool {
    let plain = plain(sentence);
    ["great day", "nice day", "good day", "lovely day", "great time"]
        .iter()
        .any(|wish| plain.ends_with(wish))
}

pub fn is_courteous(word: &str) -> bool {
    COURTEOUS.contains(&word)
}

/// Folded. Words with another sense ("one", "neuf", "per cent") are left out: they would make figures of what are none.
pub const SPELT: &[(&str, u32)] = &[
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("seventy", 70),
    ("eighty", 80),
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("treize", 13),
    ("soixante", 60),
    ("mille", 1_000),
    ("dreizehn", 13),
    ("sechzehn", 16),
    ("sechzig", 60),
    ("siebzig", 70),
    ("achtzig", 80),
    ("neunzig", 90),
    ("hundert", 100),
    ("tausend", 1_000),
    ("trece", 13),
    ("cincuenta", 50),
    ("cien", 100),
    ("mil", 1_000),
    ("fourteen", 14),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("sept", 7),
    ("huit", 8),
    ("dix", 10),
    ("onze", 11),
    ("douze", 12),
    ("quatorze", 14),
    ("quinze", 15),
    ("vingt", 20),
    ("trente", 30),
    ("quarante", 40),
    ("cinquante", 50),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("funf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwolf", 12),
    ("vierzehn", 14),
    ("funfzehn", 15),
    ("zwanzig", 20),
    ("dreissig", 30),
    ("vierzig", 40),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("quince", 15),
    ("veinte", 20),
    ("treinta", 30),
];
