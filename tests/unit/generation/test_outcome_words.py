"""What says that a deal has ended is found in every language; what is hoped, planned, asked or denied is not."""

import pytest

from simcrm.generation.text.outcome_words import find_outcomes
from simcrm.models.lead_events import DealOutcome

WON = {
    "en": ["Signed this morning.", "The signed order form came back.", "PO received, kickoff next.", "They chose us."],
    "de": [
        "Auftrag erteilt, Start im Frühjahr.",
        "Gestern unterschrieben!",
        "Das unterschriebene Angebot liegt vor.",
        "Sie haben sich für uns entschieden.",
        "Vielen Dank für Ihren Auftrag.",
    ],
    "fr": [
        "Devis signé, on démarre au printemps.",
        "Signé hier, enfin.",
        "Ils ont passé la commande.",
        "Merci pour votre commande, à bientôt.",
    ],
    "es": [
        "Contrato firmado, arrancamos en primavera.",
        "Ayer firmaron.",
        "Han confirmado el pedido.",
        "Venta cerrada, pasa a implantación.",
        "Gracias por tu pedido.",
    ],
    "it": [
        "Contratto firmato, si parte in primavera.",
        "Hanno firmato ieri.",
        "Ordine confermato, passo tutto ai colleghi.",
        "Trattativa vinta, finalmente.",
        "Grazie per il suo ordine.",
    ],
    "nl": [
        "Offerte getekend, we starten in het voorjaar.",
        "Ze hebben gisteren getekend.",
        "De opdracht is binnen.",
        "Ze hebben voor ons gekozen.",
        "Bedankt voor je bestelling.",
    ],
    "pt": [
        "Contrato assinado, começamos no outono.",
        "Ontem assinaram.",
        "Pedido confirmado, passo para a implantação.",
        "Negócio fechado, enfim.",
        "Obrigada pelo pedido.",
    ],
    "ja": [
        "成約。導入チームへ引き継ぐ。",
        "受注しました。",
        "注文書を受領。",
        "ご契約いただき、ありがとうございます。",
    ],
}
LOST = {
    "en": [
        "They picked another vendor.",
        "Lost to a cheaper competitor.",
        "They are not moving forward.",
        "Board turned down our proposal.",
        "We lost the deal on price.",
    ],
    "de": [
        "Haben sich gegen uns entschieden.",
        "Der Auftrag ging an einen Wettbewerber.",
        "Deal verloren, der Preis.",
        "Leider Absage bekommen.",
        "Sie verfolgen das nicht weiter.",
    ],
    "fr": [
        "Ils partent chez un concurrent.",
        "Ils ont refusé notre offre.",
        "Nous avons perdu le contrat.",
        "Le client n'ira pas plus loin, il a acheté ailleurs.",
        "Ils ont opté pour un autre prestataire.",
    ],
    "es": [
        "Se van con la competencia.",
        "Han elegido otro proveedor.",
        "Hemos perdido la venta.",
        "Han rechazado la propuesta.",
        "Han decidido no seguir.",
    ],
    "it": [
        "Hanno scelto un altro fornitore.",
        "Abbiamo perso la trattativa.",
        "Hanno rifiutato la nostra offerta.",
        "Hanno deciso di non procedere.",
    ],
    "nl": [
        "Ze hebben voor een andere leverancier gekozen.",
        "De deal is verloren.",
        "De offerte is afgewezen.",
        "Ze gaan niet verder met ons.",
    ],
    "pt": [
        "Escolheram outro fornecedor.",
        "Perdemos o negócio no preço.",
        "Recusaram a proposta.",
        "Decidiram não seguir.",
        "Fecharam com um concorrente.",
    ],
    "ja": ["失注。価格面で折り合わず。", "他社に決定したとのこと。", "今回は見送りとなりました。", "辞退された。"],
}
NEITHER = {
    "en": [
        "Karen will sign once legal is done.",
        "If they sign, we start in spring.",
        "The contract to be signed is with legal.",
        "Waiting for the signed contract.",
        "She signed up for the webinar and signed in twice.",
        "NDA signed, the rest is open.",
        "They haven't signed yet.",
        "Contract signed? Karen did not say.",
        "They might go with another vendor.",
        "Asked why the last project was lost.",
        "He declined the invite for Thursday.",
        "We won't know before the board meets.",
        "Once the contract is signed we need the user list.",
        "Goal: get the order signed by spring.",
        "Risk that they go with a competitor.",
        "He lost the login again and missed the deal of the day.",
        "Finance signed off on the budget line.",
    ],
    "de": [
        "Sie unterschreibt, sobald der Vertrag geprüft ist.",
        "Wenn der Vertrag unterschrieben ist, geht es los.",
        "Noch nicht unterschrieben.",
        "Der Vertrag wird morgen unterschrieben.",
        "Das unterschriebene Angebot fehlt noch.",
        "Ob sie sich für einen anderen Anbieter entschieden haben?",
        "Sie könnten sich für einen Wettbewerber entscheiden.",
        "Die Zeit dafür ging verloren, sagt er.",
        "Er hat den Termin am Freitag abgelehnt.",
        "Hat an Tempo gewonnen, das Projekt.",
        "Warten auf den unterschriebenen Vertrag.",
    ],
    "fr": [
        "Elle signera dès que le juridique aura fini.",
        "Une fois le contrat signé, on démarre.",
        "Le contrat n'est pas signé.",
        "On attend le devis signé.",
        "S'ils ont choisi un concurrent, ils le diront.",
        "Le devis à signer est chez elle.",
        "A décliné l'invitation de jeudi.",
        "Ils pourraient partir chez un concurrent.",
    ],
    "es": [
        "Firmará cuando acabe el departamento jurídico.",
        "Si el contrato está firmado, arrancamos.",
        "Todavía no han firmado.",
        "Falta el contrato firmado.",
        "Podrían irse con la competencia.",
        "Ha rechazado la reunión del jueves.",
        "El importe lo firma la directora.",
    ],
    "it": [
        "Firma appena il legale ha finito.",
        "Se hanno firmato, si parte.",
        "Non hanno ancora firmato.",
        "Manca il contratto firmato.",
        "Potrebbero scegliere un altro fornitore.",
        "Ha rifiutato la riunione di giovedì.",
    ],
    "nl": [
        "Ze tekent zodra juridische zaken klaar is.",
        "Als het contract getekend is, starten we.",
        "Nog niet getekend.",
        "Wachten op de getekende offerte.",
        "Ze zouden voor een andere leverancier kunnen kiezen.",
        "Heeft de afspraak van donderdag afgezegd.",
    ],
    "pt": [
        "Ela assina quando o jurídico terminar.",
        "Se o contrato for assinado, começamos.",
        "Ainda não assinaram.",
        "Falta o contrato assinado.",
        "Podem fechar com um concorrente.",
        "Recusou a reunião de quinta.",
        "Combinado fechado para quinta.",
    ],
    "ja": [
        "法務の確認後に契約予定。",
        "契約書に署名いただける見込み。",
        "まだ受注したわけではない。",
        "発注いただければ春に開始。",
        "他社に決定する可能性がある。",
        "受注後に判明する原価割れが課題。",
        "契約書の確認を依頼。",
    ],
}


def cases(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, own in texts.items() for text in own]


@pytest.mark.parametrize(("language", "text"), cases(WON))
def test_what_says_that_a_deal_is_won_is_found(language: str, text: str) -> None:
    assert {outcome for outcome, _ in find_outcomes(text, language)} == {DealOutcome.WON}


@pytest.mark.parametrize(("language", "text"), cases(LOST))
def test_what_says_that_a_deal_is_lost_is_found(language: str, text: str) -> None:
    assert {outcome for outcome, _ in find_outcomes(text, language)} == {DealOutcome.LOST}


@pytest.mark.parametrize(("language", "text"), cases(NEITHER))
def test_what_is_open_is_no_outcome(language: str, text: str) -> None:
    assert list(find_outcomes(text, language)) == []


def test_a_hedge_reaches_no_further_than_its_sentence() -> None:
    text = "They wanted to wait for legal. Contract signed today, will call tomorrow."

    assert list(find_outcomes(text, "en")) == [(DealOutcome.WON, "Contract signed")]
    assert list(find_outcomes("Contract signed tomorrow.", "en")) == []
    assert list(find_outcomes("Contract signed if legal agrees.", "en")) == []
