"""Texts that the gate rejects, by the reason and the locale, and texts that pass it."""

from simcrm.generation.text.text_gate import GateReason

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
            "It was good to talk to her team about what they need. Sie möchte die Anbindung noch einmal mit IT sehen.",
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
        "ja_JP": ["○○様よりお電話をいただいた。", "担当の○○様よりお電話。", "[会社名]の佐藤様よりお電話。"],
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
        "ja_JP": [
            "AIとして、会議の内容は分かりません。",
            "以下はご依頼のメモです。佐藤様は満足とのこと。",
            "承知しました。以下がその文章です。",
        ],
    },
    GateReason.ECHO: {
        "en_US": [
            "Karen said: never invent a figure, a date or a person.",
            "Spoke with r57 about the demo.",
            "12 words",
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
        "はい、以下の日程でお願いします。氏名を入力すると画面が固まります。",
        "こちらが前回の議事メモです。佐藤様のご要望のメモ欄を追加しました。",
    ],
}
