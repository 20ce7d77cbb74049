"""Real firms are found in every language; words, places and everyday tools with such names are not."""

import pytest

from simcrm.generation.text.firm_names import find_firm

FIRMS = [
    ("en", "They came from Salesforce last year.", "Salesforce"),
    ("en", "Ask the buyer at Marks & Spencer first.", "Marks & Spencer"),
    ("en", "Their supplier is Apple, so expect questions.", "Apple"),
    ("de", "Bisher läuft alles über SAP-Listen.", "SAP"),
    ("de", "Zulieferer für Mercedes-Benz und andere.", "Mercedes-Benz"),
    ("fr", "Un ancien de chez L'Oréal, très direct.", "L'Oréal"),
    ("es", "Trabajan sobre todo para Mercadona.", "Mercadona"),
    ("it", "Il cliente più grande è Esselunga.", "Esselunga"),
    ("nl", "Ze leveren vooral aan Albert Heijn.", "Albert Heijn"),
    ("pt", "O maior cliente é a Petrobras hoje.", "Petrobras"),
    ("ja", "主要取引先はトヨタ自動車。", "トヨタ自動車"),
    ("ja", "現在はSalesforceをご利用中。", "Salesforce"),
]
NO_FIRMS = [
    ("en", "Excel, Outlook and Google Maps stay, Teams too. Zoom call next."),
    ("en", "Moved to Microsoft Teams, and Apple Pay works."),
    ("en", "Next: apple orchard, then the gap in the shell. Target unchanged."),
    ("en", "Battery of the UPS is the weak point."),
    ("de", "Sage ihr Bescheid. Das Visa fürs Casino, die Orange und der Shell-Befehl."),
    ("fr", "Le DAF valide. Tableau de bord, sage décision, un casino en face."),
    ("es", "Directora para Iberia; claro, la meta es otra."),
    ("it", "Condizioni Generali allegate; buon gusto, meta vicina."),
    ("nl", "Lever de lijst aan; de gamma is breed."),
    ("pt", "Dia cheio. Vale a pena, claro; azul ou natural."),
    ("ja", "全日空いているとのこと。リコール対応とリクルート活動の話。"),
    ("ja", "ExcelとTeamsを利用。LINEで連絡。"),
]


@pytest.mark.parametrize(("language", "text", "name"), FIRMS)
def test_a_real_firm_is_found(language: str, text: str, name: str) -> None:
    assert find_firm(text, language, is_title=False) == name


@pytest.mark.parametrize(("language", "text"), NO_FIRMS)
def test_what_only_sounds_like_a_firm_is_none(language: str, text: str) -> None:
    assert find_firm(text, language, is_title=False) is None


def test_a_name_is_a_whole_word() -> None:
    assert find_firm("The SAPling and the Metadata, preIBM and IBMer.", "en", is_title=False) is None
    assert find_firm("It is IBM's.", "en", is_title=False) == "IBM"


def test_in_a_title_only_names_that_are_no_words_count() -> None:
    assert find_firm("New Target Prices", "en", is_title=True) is None
    assert find_firm("New Salesforce Prices", "en", is_title=True) == "Salesforce"
