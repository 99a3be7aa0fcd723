package billing

import "colletta/refusal"

// IBAN is a bank account number in capitals and without spaces, whose check
// digits (and, in Italy and San Marino, whose CIN letter) are right.
//
// Source: ISO 13616; for the CIN: ABI, coordinate bancarie BBAN.
type IBAN string

// ErrIBAN says that a text is no IBAN of a country in SEPA, or that its check
// digits or its CIN are wrong. The IBAN itself is not quoted: it is personal
// data. Args: country.
var ErrIBAN = refusal.New(refusal.KindInvalid, "iban_invalid")

// ibanLength is the length by country in the SEPA area.
//
// Source: SWIFT IBAN registry (lengths), EPC409-09 (countries in SEPA).
var ibanLength = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
	"EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22,
	"IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
	"MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24,
	"SM": 27, "VA": 22,
}

// ParseIBAN reads an IBAN with or without spaces, in capitals or not. It
// returns [ErrIBAN].
func ParseIBAN(s string) (IBAN, error) {
	i := compact(s)
	if len(i) < 15 || !alphanumeric(i) || !digits(i[2:4]) {
		return "", ErrIBAN
	}
	country := i[:2]
	bad := ErrIBAN.With("country", country)
	if ibanLength[country] != len(i) || mod97(i[4:]+i[:4]) != 1 {
		return "", bad
	}
	// 00, 01 and 99 leave the same remainder as 97, 98 and 02 and are never issued.
	if check := i[2:4]; check == "00" || check == "01" || check == "99" {
		return "", bad
	}
	if (country == "IT" || country == "SM") && !(digits(i[5:15]) && cin(i[5:]) == i[4]) {
		return "", bad
	}
	return IBAN(i), nil
}

// Printed writes the IBAN in groups of four.
func (i IBAN) Printed() string { return inFours(string(i)) }

// Masked writes only country and last four characters, for logs and lists:
// "IT** **** 3456".
func (i IBAN) Masked() string {
	if len(i) < 15 {
		return ""
	}
	return string(i[:2]) + "** **** " + string(i[len(i)-4:])
}

// cinOdd is the value of a character on an odd place (the first is odd), the
// same table as that of the codice fiscale.
//
// Source: D.M. 23/12/1976 (codice fiscale), used by ABI for the CIN.
var cinOdd = [36]int{
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21, // 0-9
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21, // A-J
	2, 4, 18, 20, 11, 3, 6, 8, 12, 14, // K-T
	16, 10, 22, 25, 24, 23, // U-Z
}

// cin is the check letter of the 22 characters ABI, CAB and account.
func cin(bban string) byte {
	sum := 0
	for i := range len(bban) {
		v := int(bban[i] - '0')
		if bban[i] >= 'A' {
			v = int(bban[i] - 'A')
		}
		if i%2 == 0 {
			if bban[i] >= 'A' {
				v += 10
			}
			v = cinOdd[v]
		}
		sum += v
	}
	return byte('A' + sum%26)
}
