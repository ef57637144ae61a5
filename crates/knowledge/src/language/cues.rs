//! The words and letters that give a Latin-script language away.
//!
//! `function` words carry grammar only; retrieval also treats them as stop words. `everyday` words are
//! what customers write in two-word questions. Written with accents; the unaccented form counts too.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Language;
use crate::retrieval::text::fold;

pub struct Cues {
    pub language: Language,
    /// Letters that are frequent here and rare elsewhere, lower case, not ASCII.
    pub letters: &'static str,
    function: HashSet<String>,
    everyday: HashSet<String>,
}

impl Cues {
    fn new(list: &WordList) -> Cues {
        Cues {
            language: Language::of(list.code),
            letters: list.letters,
            function: with_unaccented(list.function),
            everyday: with_unaccented(list.everyday),
        }
    }

    pub fn is_function_word(&self, word: &str) -> bool {
        self.function.contains(word)
    }

    /// How strongly `word` (lower case) points here.
    pub fn weight(&self, word: &str) -> f32 {
        if self.function.contains(word) || self.everyday.contains(word) {
            1.0
        } else {
            0.0
        }
    }
}

fn with_unaccented(words: &str) -> HashSet<String> {
    words
        .split_whitespace()
        .flat_map(|word| [word.to_owned(), fold(word)])
        .collect()
}

pub static CUES: LazyLock<Vec<Cues>> = LazyLock::new(|| LISTS.iter().map(Cues::new).collect());

struct WordList {
    code: &'static [u8; 2],
    letters: &'static str,
    function: &'static str,
    everyday: &'static str,
}

const LISTS: &[WordList] = &[
    WordList {
        code: b"en",
        letters: "",
        function: "a about after again all am an and any are aren' as at be because been before being but by can can' could \
            couldn' did didn' do does doesn' doing don' done down each else for from get gets getting got had has hasn' have haven' having \
            he her here hers him his how how' i i' if in into is isn' it it' its just let let' ll me might mine more most much must my myself \
            no nor not now of off on once only or other our out over own please shall she should shouldn' so some such t than that that' the \
            their them then there there' these they they' this those through to too under until up us very was wasn' we we' were what what' \
            when where where' which while who who' whom whose why will with without won' would wouldn' yes you you' your yours yourself \
            hi hello hey thanks thank d m re s ve",
        everyday: "account available billing booking buy cancel card change charged charge cheap close closed contact cost costs customer day days \
            delivery delivered discount email fee fees free gift help hours how-to late long lost make many money month much need new number \
            open opening order ordered orders pay payment policy price prices problem product products receive refund refunds return returns \
            sale send sell ship shipping shipped size sizes stock store support take time today tomorrow track tracking use want warranty week work wrong year",
    },
    WordList {
        code: b"fr",
        letters: "çèêùûîœàâë",
        function: "à ai ait alors as au aucun aucune aussi autre autres aux avec avez avoir avons c' ça ce cela ces cet cette ceux chez ci comme \
            comment d' dans de des donc dont du elle elles en encore entre es est et étaient était étant été êtes être eu fait faut font il ils j' je \
            jusqu' l' la là le les leur leurs lorsqu' lui m' ma mais me même mes moi mon n' ne ni nos notre nous on ont ou où par parce pas peu \
            peut peux plus pour pourquoi pourrais puis puis-je puisqu' qu' quand que quel quelle quelles quels quelqu' qui quoi s' sa sans se sera ses si son sont \
            sous suis sur t' ta te tes toi ton tous tout toute toutes très tu un une va vais vers veut veux vos votre vous voudrais y \
            bonjour bonsoir merci salut svp oui non avez-vous",
        everyday: "achat acheter adresse annuler argent avis boutique cadeau carte client colis combien commande commander commandes commandé compte cher \
            contacter date délai délais échange échanger envoi envoyer envoyez erreur expédition expédiez facture fermé fermeture frais garantie gratuit gratuite heure heures horaire horaires \
            jour jours livraison livraisons livrer livrez livré magasin marche marque mois moyens ouvert ouverte ouverts ouverture paiement panier passe payer perdu \
            prix problème produit produits prochain promo quelque rabais recevoir reçu remboursement rembourser remise rendez-vous réduction réservation retour retours retourner retrait \
            semaine suivi suivre taille tarif tarifs téléphone vendez vends",
    },
    WordList {
        code: b"de",
        letters: "äöüß",
        function: "aber alle als also am an auch auf aus bei beim bin bis bist da dann das dass dein deine dem den denn der des die dies diese diesem diesen \
            dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure für gegen hab habe haben habt hat hatte hier \
            ich ihm ihn ihnen ihr ihre ihrem ihren im in ins ist ja jede jeder jedes jetzt kann kannst kein keine keinen können könnte machen man mehr mein meine \
            meinem meinen meiner mich mir mit muss müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine sich sie sind so soll \
            über um und uns unser unsere unter vom von vor wann war waren warum was weil welche welchem welchen welcher welches wenn wer werden \
            wie wieder wieso will wir wird wo wurde wurden zu zum zur zwischen möchte gibt viel viele hallo guten danke bitte nein",
        everyday: "adresse bestellen bestellung bestellt bezahlen erstatten erstattung geld geöffnet geschenk größe kaufen konto kosten kostet kunde lange liefern liefert liefer lieferung \
            lieferzeit öffnungszeiten paket preis preise rechnung rückgabe rücksendung rabatt stornieren tage termin umtausch umtauschen verkauft versand versandkosten versenden woche zahlen zahlung zahlungsarten zurückgeben",
    },
    WordList {
        code: b"es",
        letters: "ñ¿¡áíóú",
        function: "a al algo algún alguna antes aquí así aún cada como cómo con contra cual cuál cuales cuáles cuando cuándo cuánta cuántas cuánto cuántos cuanto de del desde donde dónde \
            dos durante e el él ella ellas ellos en entre era eran eres es esa ese eso esta está estaba están estar estas este esto estos estoy fue fueron \
            ha habia había hace hacer hacia han has hasta hay he hemos la las le les lo los más me mi mis mucho muy nada ni no nos nosotros nuestra \
            nuestro o os otra otro para pero poco por porque puede pueden puedo que qué quien quién quiero se sea ser será si sí sido sin sobre \
            son soy su sus también te tengo tiene tienen tienes todo todos tras tu tú tus un una unas uno unos usted ustedes y ya yo \
            hola gracias buenos buenas favor",
        everyday: "abierto abren ayuda cambiar cambio cancelar cliente comprar compra costo cuenta cuesta descuento devolución devolver devoluciones dinero dirección \
            enviar envían envío envíos entrega factura garantía gastos gratis hora horario horarios pagar pago pedido pedidos precio precios producto \
            productos reembolso regalo talla tarda tarjeta tienda vender venden",
    },
    WordList {
        code: b"it",
        letters: "òìù",
        function: "a ad agli ai al alla alle allo anche ancora avere avete c' che chi ci cioè col come con cos' cosa cui d' da dagli dai dal dalla dalle dei \
            del dell' della delle dello di dopo dov' dove e è ed era essere fa fare fino fra gli ha hanno ho i il in io l' la le lei li lo loro lui ma \
            me mi mia mie miei mio molto ne negli nei nel nella nelle no noi non nostra nostro o ogni ora per perché però più posso potete può qual quale quali \
            quando quanta quante quanti quanto quella quelle quelli quello quest' questa queste questi questo qui sara se sei senza si sia siamo siete sono sopra sta stato su sua \
            sue sugli sui sul sulla suo te ti tra tu tua tuo tutti tutto un un' una uno vi voi vorrei vostra vostro ciao grazie buongiorno salve",
        everyday: "acquistare acquisto aiuto annullare aperti aperto apertura cambiare carta cliente comprare consegna consegne conto costa costi costo fattura garanzia giorni gratis \
            indirizzo metodi negozio orari orario ordinare ordine ordini pacco pagamento pagare prezzi prezzo prodotti prodotto regalo reso resi rimborso sconto soldi spedire spedite spedizione spedizioni taglia tempi",
    },
    WordList {
        code: b"pt",
        letters: "ãõçâêô",
        function: "a à ainda algum ao aos aquele aquilo as às até com como da das de dela dele depois do dos e é ela elas ele eles em entre era essa esse \
            esta está estamos estão estar estas este estes estou eu faz fazer foi foram for há isso isto já lá lhe mais mas me mesmo meu meus minha minhas \
            muito na não nas nem no nos nós nossa nosso num numa o onde os ou para pela pelas pelo pelos por porque posso pode podem qual quais quando quanto quanta quantos quantas \
            que quem quero são se sem ser seu seus só sobre sua suas também te tem têm tenho ter teu tudo um uma umas uns você vocês vos \
            olá oi obrigado obrigada bom boa",
        everyday: "abertos aberto abre ajuda cancelar cartão cliente compra comprar conta custa custo desconto devolução devolver dias dinheiro endereço encomenda encomendas entrega entregam enviar \
            envio fatura frete garantia grátis horário horários loja morada pagamento pagar pedido pedidos prazo preço preços presente produto produtos reembolso tamanho troca trocar vendem",
    },
    WordList {
        code: b"nl",
        letters: "ë",
        function: "aan al alle als altijd andere ben bij bent daar dan dat de deze die dit doe doen door dus een en er geen had heb hebben hebt heeft \
            hem het hier hij hoe hun ik in is ja je jij jou jouw jullie kan kunnen kunt maar me meer men met mij mijn moet moeten na naar nee niet nog nu of \
            om omdat onder ons onze ook op over te tegen toch toen tot u uit uw van veel voor waar waarom wanneer want waren was wat we wel welk welke werd wie wij wil \
            word worden wordt zal ze zelf zich zij zijn zo zonder zou hallo hoi bedankt dank",
        everyday: "adres afspraak annuleren bestellen bestelling betalen betaling betaalmethoden bezorgen bezorging dagen factuur geld gratis klant kopen korting kost kosten kosteloos lang levering leveren levertijd maat \
            open openingstijden opzeggen pakket prijs prijzen retour retourneren rekening ruilen terugbetaling terugsturen verkoopt versturen verzenden verzending verzendkosten winkel",
    },
    WordList {
        code: b"ca",
        letters: "çàèòï·",
        function: "al als amb aquest aquesta aquests com d' de del dels el els em en és està estan fins ha han i jo l' la les li lo més meu molt no nosaltres \
            o on per però perquè pel pot puc qual quan quant quina quines quins que qui se sense ser seu són també tinc tenen teniu tots un una uns va vosaltres voldria hola gràcies si us plau",
        everyday: "botiga comanda comprar costa diners enviament envieu horari obert pagament pagar preu producte devolució lliurament",
    },
    WordList {
        code: b"sv",
        letters: "åäö",
        function: "alla att av de den det detta dig din ditt du efter eller en er ert ett finns för från ha han har hej hon hur i in inte jag jag kan kommer man med \
            men mig min mina mitt mot mycket när ni nu och också om oss på sig ska skulle som till tack upp ur ut utan vad var vara varför vart vem vi vid vilka vilken vilket vill är även",
        everyday: "beställa beställning betala fri frakt köpa kostar leverans leverera öppet öppettider pengar pris retur returnera rabatt storlek",
    },
    WordList {
        code: b"da",
        letters: "æøå",
        function: "af alle at blive bliver da de dem den der deres det dette dig din dit du efter eller en er et for fra få får han har hej hos hun hvad hvem hvilke hvilken hvis hvor hvordan hvorfor hvornår \
            i ikke ind jeg jer kan kun man med meget men mig min mit mod må noget nu når og også om op os på sig skal som så tak til ud vi vil være",
        everyday: "åben åbningstider betale bestilling fragt koster levering pris retur returnere størrelse varer",
    },
    WordList {
        code: b"no",
        letters: "æøå",
        function: "alle at av bli blir da de dem den der dere deres det dette deg din ditt du etter eller en er et for fra få får han har hei hos hun hva hvem hvilke hvilken hvis hvor hvordan hvorfor \
            i ikke inn jeg kan kun man med mye men meg min mitt mot må noe nå når og også om opp oss på seg skal som så takk til ut vi vil være",
        everyday: "åpent åpningstider betale bestilling frakt koster levering pris retur returnere størrelse varer",
    },
    WordList {
        code: b"fi",
        letters: "äö",
        function: "ei en ette että hän ja jos joka kanssa kiitos kuin kuinka kun kuka miksi milloin mikä millä minulla minun minä missä miten mitä moi mutta myös ne niin nyt olen oletko olla oli on onko ovat \
            sen se sinä tai tämä te teidän teillä tämän vai voi voiko voin voinko vielä",
        everyday: "auki aukioloajat hinta kauanko maksaa maksu ostaa palautus palauttaa tilaus tilata toimitus toimitusaika",
    },
    WordList {
        code: b"pl",
        letters: "ąćęłńśźż",
        function: "ale albo bardzo być było był by co czy dla do dzień dobry dziękuję gdy gdzie go i ich ile im ja jak jaka jakie jaki jest jestem jeśli już kiedy kto który lub ma mam mi mnie mogę można moje mój na nie \
            nam o od oraz po pod proszę przez przy się są ta tak tego ten to tu tym w was we wy z za ze że",
        everyday: "cena ceny dostawa dostawy godziny koszt kosztuje kupić otwarcia płatność pieniądze reklamacja rozmiar sklep wysyłka zamówienie zamówienia zapłacić zwrot zwroty zwrócić",
    },
    WordList {
        code: b"cs",
        letters: "ěščřžýůďťň",
        function: "a aby ale ani až bude by být co dobrý den děkuji do i ja já jak jaká jaké jaký je jsem jsme jsou již k kde kdo když která které který kdy kolik ma mám mi mně mohu můžu na nebo není o od po pod proč pro při s se si \
            ta tak také tam ten to tu u už v vám vás ve vy z za ze že",
        everyday: "cena doba doručení doprava dopravy koupit objednávka objednávku otevírací otevřeno peníze platba platit reklamace stojí velikost vrácení vrátit zboží",
    },
    WordList {
        code: b"ro",
        letters: "ăâîșțşţ",
        function: "a acest această ai al ale am are as aș ați au bună câte cât când care ce că cine cu cum da dacă de din după este eu fi fie foarte în îmi la le mai meu mea mulțumesc ne noi nu o ori pe pentru poate pot \
            sau se si și sunt să te un unde unei unui va vă voi vreau",
        everyday: "ani bani cadou client comanda comandă costă cumpăr deschis factură garanție livrare livrarea magazin plată plătesc plăti preț program rambursare retur returna produs",
    },
    WordList {
        code: b"tr",
        letters: "ğışöü",
        function: "ama ancak bana ben bir bu çok da daha de değil diye en gibi hangi hem için ile içinde kaç kadar ki kim mı mi mu mü nasıl ne neden nerede nereye nereden o olan olarak onu sen sizin siz şu var var mı \
            ve veya ya yok zaman merhaba teşekkürler lütfen",
        everyday: "açık adres fiyat fiyatı gün gönderim iade iptal kargo kart mağaza müşteri ne kadar nakit para ödeme saat saatleri sipariş siparişim siparişimi teslimat ücret ücretsiz ürün",
    },
    WordList {
        code: b"hu",
        letters: "őűöüá",
        function: "a az azt be csak de egy el én és ez ezt fel ha hány hogy hogyan hol honnan igen ide is itt kell ki köszönöm lehet már meg melyik mennyi mert mi miért mikor milyen most mit nagyon ne nekem nem \
            szia van vagy vannak vagyok még után üdv",
        everyday: "ár ára cím fizetés fizetni kiszállítás mennyibe kerül megrendelés nyitva nyitvatartás rendelés rendelésem szállítás szállítási vásárlás vissza visszaküldés",
    },
    WordList {
        code: b"id",
        letters: "",
        function: "ada adalah akan anda apa apakah atau bagaimana berapa bisa bisakah dalam dan dapat dari dengan di dimana halo ini itu jika juga kalau kami kapan kami karena ke kenapa kita lagi lebih mana mengapa \
            oleh pada saja sampai sangat saya sudah telah terima kasih tidak tolong untuk yang",
        everyday: "alamat barang bayar beli biaya buka gratis harga jam kirim ongkos pembayaran pengembalian pengiriman pesan pesanan produk toko uang ukuran",
    },
    WordList {
        code: b"vi",
        letters: "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        function: "bạn bao bị các cái cảm ơn chào cho có của đã đang để đến đi được gì giờ hay không khi là làm lâu mà một nào này nhiêu những ở ra rất sẽ tại tôi thì thế trong từ và về với vì xin",
        everyday: "cửa đơn giá giao hàng hoàn mua mở tiền thanh toán vận chuyển trả",
    },
];
