use super::*;

fn detected(text: &str) -> String {
    detect(text).code().to_owned()
}

/// The texts that are not taken for `code`, with what they are taken for.
fn mistaken<'a>(texts: &[&'a str], code: &str) -> Vec<(&'a str, String)> {
    texts
        .iter()
        .map(|text| (*text, detected(text)))
        .filter(|(_, found)| found != code)
        .collect()
}

#[test]
fn short_english_questions_are_english() {
    let texts = [
        "opening hours",
        "Do you ship to Belgium?",
        "refund policy",
        "where is my order",
        "how much is it?",
        "hi",
        "can i pay with paypal",
        "return an item",
        "Is it waterproof?",
        "gift cards",
        "I lost my card",
    ];
    assert_eq!(mistaken(&texts, "en"), []);
}

#[test]
fn short_french_questions_are_french_with_or_without_accents() {
    let texts = [
        "horaires d'ouverture",
        "Livrez-vous en Belgique ?",
        "où est ma commande",
        "ou est ma commande",
        "c'est combien ?",
        "delai de livraison",
        "je veux un remboursement",
        "frais de port",
        "Bonjour",
        "carte cadeau",
        "l’article est cassé",
        "Quels moyens de paiement ?",
        "je n'ai rien reçu",
    ];
    assert_eq!(mistaken(&texts, "fr"), []);
}

#[test]
fn other_latin_languages_are_told_apart() {
    let cases = [
        ("Wie lange dauert der Versand?", "de"),
        ("¿Cuánto cuesta el envío?", "es"),
        ("Quanto costa la spedizione?", "it"),
        ("Quanto custa o frete?", "pt"),
        ("Hoe lang duurt de levering?", "nl"),
        ("Ile kosztuje dostawa?", "pl"),
        ("Kargo ne zaman gelir?", "tr"),
        ("Vad kostar frakten?", "sv"),
        ("Bao lâu thì nhận được hàng?", "vi"),
    ];
    for (text, code) in cases {
        assert_eq!(mistaken(&[text], code), []);
    }
}

#[test]
fn the_script_decides_outside_latin() {
    let cases = [
        ("你们几点开门？", "zh"),
        ("営業時間は何時ですか", "ja"),
        ("영업시간이 어떻게 되나요?", "ko"),
        ("متى تفتحون؟", "ar"),
        ("چه ساعتی باز می‌کنید؟", "fa"),
        ("Сколько стоит доставка?", "ru"),
        ("Скільки коштує доставка?", "uk"),
        ("Πόσο κοστίζει;", "el"),
        ("מתי אתם פתוחים?", "he"),
        ("डिलीवरी कब होगी?", "hi"),
        ("ราคาเท่าไหร่", "th"),
        ("هل تقبلون PayPal؟", "ar"),
    ];
    for (text, code) in cases {
        assert_eq!(mistaken(&[text], code), []);
    }
}

#[test]
fn nothing_telling_is_unknown() {
    let texts = [
        "",
        "?!",
        "12345",
        "ok",
        "iPhone 15 Pro",
        "Amsterdam",
        "xk7 qpz",
        "👍",
    ];
    assert_eq!(mistaken(&texts, "und"), []);
}

#[test]
fn codes_are_read_leniently_and_written_plainly() {
    assert_eq!(Language::from_code("fr-CA"), Language::FRENCH);
    assert_eq!(Language::from_code("EN"), Language::ENGLISH);
    assert!(Language::from_code("auto").is_unknown());
    assert_eq!(serde_json::to_string(&Language::UNKNOWN).unwrap(), "\"und\"");
    assert_eq!(
        serde_json::from_str::<Language>("\"pt_BR\"").unwrap(),
        Language::PORTUGUESE
    );
    assert!(serde_json::from_str::<Language>("\"und\"").unwrap().is_unknown());
}
