"""The gate of a model's texts: every kind of lie and blemish is caught, and what a seller writes passes."""

import datetime as dt
from dataclasses import replace
from functools import cache

import pytest

from simcrm.generation.text.text_gate import MAX_EXCERPT, GateReason, Rejection, TextGate, TextLimits
from simcrm.models.lead_events import DealOutcome
from simcrm.synthetic.language import load_language
from simcrm.synthetic.locales import Person, load_locale
from simcrm.synthetic.text_checker import DateKind, FindingKind, PersonRole, TextChecker, TextClaims

MONDAY = dt.date(2026, 3, 9)
LOCALES = ("en_US", "de_DE", "fr_FR", "ja_JP")
NOTE, TITLE, AGENDA = TextLimits(40), TextLimits(0, is_title=True), TextLimits(20, is_list=True)
BOTH = frozenset({DealOutcome.WON, DealOutcome.LOST})
INSTRUCTIONS = (
    "You write what sellers enter into a CRM. Never invent a figure, a date or a person that the facts do not name.\n"
    "事実にない金額や日付や人名を決して書かないでください。"
)
NAMES = {
    "en_US": (("Karen", "Miller"), ("Susan", "Clark")),
    "de_DE": (("Sabine", "Müller"), ("Petra", "Schulz")),
    "fr_FR": (("Agnès", "Durand"), ("Virginie", "Vasseur")),
    "ja_JP": (("結衣", "佐藤"), ("明美", "高橋")),
}
LIES: dict[GateReason, dict[str, list[str]]] = {
    GateReason.AMOUNT: {
        "en_US": ["Karen asked whether $13,500 is the last word on the API Gateway."],
        "de_DE": ["Frau Müller findet 13.500 € zu hoch und will noch einmal rechnen."],
        "fr_FR": ["Mme Durand trouve que 13 500 € est trop élevé pour un seul site."],
        "ja_JP": ["佐藤様より13,500円は高いとのご指摘をいただいている。"],
    },
    GateReason.PERSON: {
        "en_US": ["Susan Clark wants to see the integration before anybody else does."],
        "de_DE": ["Petra Schulz möchte die Anbindung noch vor allen anderen sehen."],
        "fr_FR": ["Virginie Vasseur veut voir le raccordement avant tout le monde."],
        "ja_JP": ["高橋 明美様が連携の画面を先に見たいとのこと。"],
    },
    GateReason.OUTCOME: {
        "en_US": [
            "Great news: the contract is signed and Karen is relieved.",
            "Karen signed the order form after lunch, onboarding takes over.",
            "They went with a competitor because of the price per seat.",
            "Deal closed won. Onboarding takes over from here.",
            "Thank you for your order, we are happy to have you with us.",
            "Karen was clear: they decided against us in the end.",
        ],
        "de_DE": [
            "Der Vertrag ist unterschrieben, Frau Müller ist sehr erleichtert.",
            "Frau Müller hat heute Morgen unterschrieben, wir können loslegen.",
            "Sie haben sich leider für einen anderen Anbieter entschieden.",
            "Wir haben den Auftrag erhalten und geben an das Onboarding weiter.",
            "Unser Angebot wurde abgelehnt, der Preis war ihnen zu hoch.",
        ],
        "fr_FR": [
            "Le contrat est signé, Mme Durand est vraiment soulagée.",
            "Mme Durand a signé ce matin, on peut passer à la suite.",
            "Ils ont choisi un concurrent, le prix a pesé plus que le reste.",
            "Affaire perdue, ils ne donnent pas suite pour le moment.",
        ],
        "ja_JP": [
            "佐藤様より正式に発注をいただきました。導入チームへ引き継ぐ。",
            "契約書に署名をいただいた。佐藤様も安心されたご様子。",
            "今回は見送りとなりました。価格面で折り合わず。",
            "他社に決定したとのご連絡。価格面で折り合わず。",
        ],
    },
    GateReason.FIRM: {
        "en_US": [
            "They compare us with Microsoft and will decide after the test.",
            "Their parent company is Shell, so security will take a while.",
        ],
        "de_DE": [
            "Vergleichen uns mit Salesforce und wollen nach dem Test entscheiden.",
            "Der größte Kunde ist Volkswagen, deshalb die Fragen zur IT.",
            "Die Siemens-Werke nutzen das schon, sagt Frau Müller.",
        ],
        "fr_FR": ["Ils nous comparent à Microsoft et décident après l'essai.", "Leur plus gros client est Renault."],
        "ja_JP": [
            "主要取引先はトヨタとのこと。佐藤様は導入に前向き。",
            "現在はMicrosoft社の製品をご利用中とのこと。",
        ],
    },
    GateReason.LANGUAGE: {
        "en_US": [
            "Frau Miller möchte die Anbindung noch einmal sehen und dann mit der IT sprechen.",
            "It was good to talk to her and to her team about what they need and when. Sie möchte die Anbindung noch einmal mit der IT sehen.",
        ],
        "de_DE": [
            "She wants to see the integration again and then talk to her team about it.",
            "Termin lief gut. She wants to see the integration again with her team.",
            "Mevrouw wil de koppeling nog een keer zien en het dan met de afdeling bespreken.",
            "Frau Müller war zufrieden. 次回は連携を確認します。",
        ],
        "fr_FR": [
            "She wants to see the integration again and then talk to her team about it.",
            "Quiere ver la conexión otra vez y hablar después con su equipo sobre el precio.",
        ],
        "ja_JP": [
            "She wants to see the integration again and then talk to her team about it.",
            "客户希望再次查看接口演示并与技术部门讨论具体实施方案。",
        ],
    },
    GateReason.MARKUP: {
        "en_US": [
            "**Summary** Karen liked the demo.",
            "Karen liked the demo.\n- wants a price\n- wants a date",
            "# Notes\nKaren liked the demo.",
            "Karen liked the `export` most.",
            "Karen <b>liked</b> the demo.",
            "Karen liked the demo.<br>She wants more.",
            "See [the page](more) for details.",
            "First line\\nsecond line of the note.",
            "* Karen liked the demo",
        ],
        "de_DE": ["**Fazit:** Frau Müller war zufrieden.", "<p>Frau Müller war zufrieden.</p>"],
        "fr_FR": ["**Bilan** Mme Durand est contente.", "Mme Durand est <strong>contente</strong>."],
        "ja_JP": ["**要点** 佐藤様は満足とのこと。", "<p>佐藤様は満足とのこと。</p>"],
    },
    GateReason.LEFTOVER: {
        "en_US": [
            "Karen from [Company Name] liked the demo.",
            "Karen from {company} liked the demo.",
            "Hello <first name>, thank you for the call.",
            "Spoke with XXX about the demo.",
            "Lorem ipsum dolor sit amet.",
            "Hi TBD, thank you for the call.",
            "John Doe liked the demo a lot.",
        ],
        "de_DE": ["Hallo [Name], danke für das Gespräch.", "Max Mustermann war von der Demo angetan."],
        "fr_FR": ["Bonjour [Nom], merci pour votre temps.", "La Société XYZ veut une démonstration."],
        "ja_JP": ["○○様よりお電話をいただいた。", "[会社名]の佐藤様よりお電話。"],
    },
    GateReason.ASSISTANT: {
        "en_US": [
            "As an AI, I have no access to the meeting.",
            "As a language model I cannot know what was said.",
            "I cannot generate this note without more facts.",
            "Here is the note you asked for:\nKaren liked it.",
            "Sure! Here are the texts.",
        ],
        "de_DE": ["Als KI habe ich keinen Zugriff auf das Gespräch.", "Hier ist die gewünschte Notiz: Gutes Gespräch."],
        "fr_FR": ["En tant qu'IA, je n'ai pas assisté au rendez-vous.", "Voici la note demandée : bon échange."],
        "ja_JP": ["AIとして、会議の内容は分かりません。", "以下はご依頼のメモです。佐藤様は満足とのこと。"],
    },
    GateReason.ECHO: {
        "en_US": [
            "Karen said: never invent a figure, a date or a person.",
            "Spoke with r57 about the demo.",
            "n47: Karen liked the demo.",
            "2026-03-09 Mon discovery, meeting, Karen liked it.",
        ],
        "de_DE": ["Mit r57 über die Anbindung gesprochen.", "2026-03-09 Mon discovery: Frau Müller war zufrieden."],
        "fr_FR": ["Vu r57 à propos du raccordement."],
        "ja_JP": ["r57様にご説明した。", "金額や日付や人名を決して書かないでとのこと。"],
    },
    GateReason.LINK: {
        "en_US": [
            "More at https://www.example.com/demo for Karen.",
            "Write to sales@other.com, please.",
            "See other.io.",
        ],
        "de_DE": ["Mehr dazu auf www.beispiel.de für Frau Müller.", "Bitte an einkauf@beispiel.de schreiben."],
        "fr_FR": ["Tout est sur exemple.fr pour Mme Durand."],
        "ja_JP": ["詳細はhttps://example.jp/をご覧ください。"],
    },
    GateReason.LENGTH: {
        "en_US": ["Karen liked it. " * 40, "Karen", " \n "],
        "de_DE": ["Frau Müller war zufrieden. " * 30, "Zufrieden"],
        "fr_FR": ["Mme Durand est contente. " * 30, "Contente"],
        "ja_JP": ["佐藤様はご満足とのこと。" * 20, "良好"],
    },
    GateReason.DATE: {"en_US": ["Karen calls back on March 17, as agreed."]},
    GateReason.WEEKDAY: {"en_US": ["Karen calls back on Friday, March 9."]},
    GateReason.DURATION: {"en_US": ["Karen took 50 minutes to explain it."]},
    GateReason.PERCENTAGE: {"en_US": ["Karen wants 12% off for the first year."]},
    GateReason.NUMBER: {"en_US": ["Karen needs it for 90 users."]},
    GateReason.PRODUCT: {"en_US": ["Karen asked about Test Automation as well."]},
}
GOOD = {
    "en_US": [
        "Export -> spreadsheet -> mail, that is how it works. Answers take > 3 days; anything <that is a good week.",
        "Karen will sign once legal is done. If they sign, we start in spring. The contract to be signed is there.",
        "Have they signed yet? Not yet, she expects the board to decide; then they could still go with another vendor.",
        "She keeps the target: an apple a day. Their gap is training. Teams call went fine, Excel stays for now.",
        "1. what they use now\n2. where it hurts\n3. who decides, and by when she needs an answer",
        "I cannot make it this week. Here is the list you asked for, my colleague added two rows. Karen",
    ],
    "de_DE": [
        "Export -> Tabelle -> Mail, so läuft es heute. Antworten dauern > 3 Tage, < 1 Tag wäre das Ziel.",
        "Frau Müller unterschreibt, sobald sie alles geprüft hat. Wenn der Vertrag unterschrieben ist, geht es los.",
        "Noch nicht unterschrieben. Ob sie sich für einen anderen Anbieter entschieden haben? Wohl kaum.",
        "Das Budget fürs Target-Marketing liegt bei ihr. Excel und Outlook bleiben, sagt sie.",
    ],
    "fr_FR": [
        "Export -> tableur -> mail, voilà comment ça marche. Les réponses prennent > 3 jours.",
        "Mme Durand signera dès que le juridique aura fini. Une fois le contrat signé, on démarre.",
        "Le contrat n'est pas signé. Elle aime le tableau orange, moins le reste, et garde Excel.",
    ],
    "ja_JP": [
        "現状は書き出し->Excel->メールの順。回答に> 3日かかるとのこと。",
        "契約書に署名いただけるのは法務の確認後の予定。発注いただければ春に開始。",
        "まだ受注したわけではない。TeamsとZoomは引き続きご利用とのこと。",
    ],
}


def person(locale: str, number: int) -> Person:
    first, last = NAMES[locale][number]
    return Person(first, last, first, last, "f")


def claims(locale: str) -> TextClaims:
    return TextClaims(
        currency=load_locale(locale).currency,
        people={person(locale, 0): PersonRole.CONTACT, person(locale, 1): PersonRole.ABSENT},
        amounts=frozenset({1_250_000}),
        dates=frozenset({(MONDAY, DateKind.DUE)}),
        minutes=frozenset({45}),
        seats=80,
        discount=10,
        products=frozenset({"API Gateway"}),
        phrases=frozenset({"Northwind Oracle Works"}),
    )


@cache
def gate(locale: str, instructions: str = INSTRUCTIONS) -> TextGate:
    data = load_locale(locale)
    checker = TextChecker(load_language(data.language, "B2B"), data, ("API Gateway", "Test Automation"))
    return TextGate(checker, data.language, instructions)


def limits(locale: str) -> TextLimits:
    return replace(NOTE, words=96) if locale == "ja_JP" else NOTE


def test_every_finding_of_the_checker_is_a_reason_of_the_gate() -> None:
    assert {kind.value for kind in FindingKind} <= {reason.value for reason in GateReason}
    assert LIES.keys() == set(GateReason)


@pytest.mark.parametrize(
    ("reason", "locale", "text"),
    [(reason, locale, text) for reason, own in LIES.items() for locale, texts in own.items() for text in texts],
)
def test_a_lie_is_caught_for_what_it_is(reason: GateReason, locale: str, text: str) -> None:
    rejection = gate(locale).judge(text, claims(locale), limits(locale))

    assert rejection is not None
    assert rejection.reason == reason
    assert len(rejection.excerpt) <= MAX_EXCERPT
    assert rejection.excerpt in text or reason == GateReason.LENGTH


@pytest.mark.parametrize(("locale", "text"), [(locale, text) for locale, texts in GOOD.items() for text in texts])
def test_what_a_seller_writes_passes(locale: str, text: str) -> None:
    assert gate(locale).judge(text, claims(locale), limits(locale)) is None


@pytest.mark.parametrize("locale", LOCALES)
def test_an_outcome_may_be_told_when_it_is_known(locale: str) -> None:
    for text in LIES[GateReason.OUTCOME][locale]:
        found = [
            outcome
            for outcome in (DealOutcome.WON, DealOutcome.LOST)
            if gate(locale).judge(text, claims(locale), limits(locale), frozenset({outcome})) is None
        ]
        assert len(found) == 1, text
        assert gate(locale).judge(text, claims(locale), limits(locale), BOTH) is None


def test_an_address_of_the_account_or_the_seller_may_be_given() -> None:
    domains = frozenset({"northwind.com"})
    judge = gate("en_US").judge
    texts = (
        "Write to karen@northwind.com, please.",
        "It is on https://www.northwind.com/demo now.",
        "See northwind.com.",
    )

    assert [judge(text, claims("en_US"), NOTE, domains=domains) for text in texts] == [None, None, None]
    assert judge("See northwind.com.evil.io.", claims("en_US"), NOTE, domains=domains) == (
        GateReason.LINK,
        "northwind.com.evil.io",
    )


def test_names_of_the_account_are_no_firms_however_they_sound() -> None:
    judge = gate("en_US").judge

    assert judge("They met at Northwind Oracle Works again.", claims("en_US"), NOTE) is None
    assert judge("They met at Oracle again.", claims("en_US"), NOTE) == (GateReason.FIRM, "Oracle")


@pytest.mark.parametrize(
    ("locale", "text", "caught"),
    [
        ("en_US", "Target is a price below last year's.", False),
        ("en_US", "Their biggest customer is Target, as it were.", True),
        ("de_DE", "Die Orange im Logo soll heller werden.", False),
        ("fr_FR", "Leur opérateur est Orange depuis longtemps.", True),
    ],
)
def test_a_word_is_a_firm_only_where_it_can_be_no_word(locale: str, text: str, *, caught: bool) -> None:
    rejection = gate(locale).judge(text, claims(locale), NOTE)

    assert (rejection is not None and rejection.reason == GateReason.FIRM) == caught


def test_a_title_is_short_and_one_line_and_no_place_to_guess_names() -> None:
    judge = gate("en_US").judge

    assert judge("Target Prices for the API Gateway", claims("en_US"), TITLE) is None
    assert judge("Northwind Oracle Works: " + "open " * 10, claims("en_US"), TITLE) is None
    assert judge("open " * 13, claims("en_US"), TITLE) == (GateReason.LENGTH, "title of 13 words")
    assert judge("Demo\nfor Karen", claims("en_US"), TITLE) == (GateReason.MARKUP, "Demo\nfor Karen")


def test_an_agenda_may_have_lines_with_hyphens() -> None:
    text = "- where things stand\n- the API Gateway live\n- next steps"

    assert gate("en_US").judge(text, claims("en_US"), AGENDA) is None
    assert gate("en_US").judge(text, claims("en_US"), NOTE) == (GateReason.MARKUP, "- where things stand")


def test_the_most_telling_reason_comes_first() -> None:
    text = "**As an AI** I cannot say whether Microsoft paid $13,500."

    assert gate("en_US").judge(text, claims("en_US"), NOTE) == Rejection(GateReason.ASSISTANT, "As an AI")


def test_a_variant_is_judged_as_its_language() -> None:
    british = replace(gate("en_US"), language="en_GB")

    assert british.judge(GOOD["en_US"][1], claims("en_US"), NOTE) is None
