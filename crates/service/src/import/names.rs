//! Names for the staff of an imported hotel. They are made up: common given and family names of many countries, put
//! together by the seed. Nobody in particular is meant.

use super::derive::Seed;

/// Given and family names that go together.
const NAMES: &[([&str; 6], [&str; 6])] = &[
    (
        ["Ana", "Beatriz", "João", "Rui", "Teresa", "Inês"],
        ["Marques", "Teixeira", "Correia", "Nogueira", "Antunes", "Freitas"],
    ),
    (
        ["Dulce", "Nélida", "Djassi", "Edna", "Carlitos", "Zenaida"],
        ["Évora", "Tavares", "Semedo", "Furtado", "Barros", "Varela"],
    ),
    (
        ["Luciana", "Thiago", "Márcia", "Cauã", "Rosângela", "Jussara"],
        ["Nascimento", "Araújo", "Rezende", "Cardoso", "Siqueira", "Batista"],
    ),
    (
        ["Lucía", "Íñigo", "Ximena", "Mateo", "Rocío", "Yolanda"],
        ["Muñoz", "Quispe", "Ibáñez", "Castañeda", "Peralta", "Rincón"],
    ),
    (
        ["Maricel", "Jomar", "Rowena", "Analyn", "Crisanto", "Divina"],
        ["Dela Peña", "Bautista", "Macaraeg", "Villanueva", "Dimaculangan", "Salonga"],
    ),
    (
        ["Agnieszka", "Łukasz", "Grażyna", "Bożena", "Paweł", "Zofia"],
        ["Nowak", "Mazur", "Zając", "Wróbel", "Pająk", "Sikora"],
    ),
    (
        ["Ioana", "Răzvan", "Mihaela", "Doina", "Ștefan", "Crina"],
        ["Munteanu", "Ciobanu", "Dobre", "Lungu", "Țurcanu", "Oprea"],
    ),
    (
        ["Oksana", "Taras", "Lesya", "Bohdan", "Halyna", "Iryna"],
        ["Shevchuk", "Kravets", "Bondar", "Melnyk", "Savchenko", "Hrytsenko"],
    ),
    (
        ["Elif", "Emre", "Şule", "Çağla", "Hüseyin", "Gülay"],
        ["Yıldırım", "Öztürk", "Aksoy", "Kaplan", "Güneş", "Çetin"],
    ),
    (
        ["Fatima Zahra", "Youssef", "Khadija", "Naïma", "Hicham", "Saloua"],
        ["El Idrissi", "Benali", "Bouzid", "Cherkaoui", "Amrani", "Haddad"],
    ),
    (
        ["Tigist", "Dawit", "Hiwot", "Selamawit", "Yonas", "Almaz"],
        ["Bekele", "Tesfaye", "Gebremariam", "Alemu", "Haile", "Wolde"],
    ),
    (
        ["Adaeze", "Chidi", "Folasade", "Yetunde", "Ifeanyi", "Ngozi"],
        ["Okonkwo", "Adeyemi", "Eze", "Balogun", "Nwosu", "Ogunleye"],
    ),
    (
        ["Akosua", "Kwabena", "Abena", "Efua", "Yaw", "Esi"],
        ["Mensah", "Owusu", "Boateng", "Asante", "Agyeman", "Appiah"],
    ),
    (
        ["Wanjiru", "Otieno", "Nyambura", "Achieng", "Kiprono", "Zawadi"],
        ["Kamau", "Odhiambo", "Mutua", "Njoroge", "Cheruiyot", "Wekesa"],
    ),
    (
        ["Harpreet", "Jignesh", "Lakshmi", "Meenakshi", "Gurpreet", "Rekha"],
        ["Sandhu", "Solanki", "Iyer", "Nambiar", "Gill", "Joshi"],
    ),
    (
        ["Sunita", "Bishal", "Sarita", "Kabita", "Prakash", "Anju"],
        ["Gurung", "Tamang", "Shrestha", "Rai", "Thapa", "Karki"],
    ),
    (
        ["Nasrin", "Rafiqul", "Shirin", "Taslima", "Kamal", "Rokeya"],
        ["Hossain", "Akter", "Chowdhury", "Miah", "Begum", "Sarkar"],
    ),
    (
        ["Dilini", "Kasun", "Nadeesha", "Sanduni", "Ruwan", "Thushari"],
        ["Perera", "Jayawardena", "Gunasekara", "Wickramasinghe", "Bandara", "Fonseka"],
    ),
    (["Thảo", "Minh", "Hương", "Ngọc", "Tuấn", "Lan"], ["Nguyễn", "Trần", "Phạm", "Đặng", "Bùi", "Đỗ"]),
    (["Xiulan", "Guowei", "Meiling", "Yanhong", "Zhiqiang", "Lijuan"], ["Zhao", "Huang", "Lin", "Xu", "Deng", "Cai"]),
    (
        ["Haruka", "Kenta", "Yumiko", "Sachiko", "Daichi", "Naomi"],
        ["Fujimoto", "Okada", "Hayashi", "Nakagawa", "Mori", "Ishikawa"],
    ),
    (
        ["Somchai", "Malee", "Nongnuch", "Anong", "Prasert", "Siriporn"],
        ["Srisuk", "Boonmee", "Thongchai", "Saetang", "Chaiyasit", "Rattanakorn"],
    ),
    (
        ["Sari", "Budi", "Wulan", "Dewi", "Agus", "Putri"],
        ["Wijaya", "Santoso", "Hidayat", "Siregar", "Nugroho", "Lestari"],
    ),
    (
        ["Marie-Flore", "Jean-Robert", "Guerline", "Nadège", "Wilner", "Rose-Laure"],
        ["Desrosiers", "Toussaint", "Étienne", "Baptiste", "Jean-Louis", "Cadet"],
    ),
    (
        ["Shanice", "Delroy", "Marva", "Kerry-Ann", "Winston", "Althea"],
        ["Campbell", "Brown", "Grant", "Bailey", "Gordon", "Reid"],
    ),
    (
        ["Aoife", "Ciarán", "Gráinne", "Siobhán", "Declan", "Róisín"],
        ["O’Sullivan", "Byrne", "Kavanagh", "Gallagher", "Doyle", "McCarthy"],
    ),
    (["Jürgen", "Anke", "Birgit", "Sönke", "Heike", "Ruth"], ["Böhm", "Großmann", "Vogt", "Lüders", "Kühn", "Ahrens"]),
    (
        ["Amélie", "Benoît", "Françoise", "Noémie", "Gaël", "Solène"],
        ["Lefèvre", "Garnier", "Béranger", "Chevalier", "Rousseau", "Mallet"],
    ),
    (
        ["Giulia", "Salvatore", "Ornella", "Niccolò", "Rosaria", "Loredana"],
        ["Ferrari", "De Santis", "Caputo", "Greco", "Marchetti", "Rizzo"],
    ),
    (
        ["Eleni", "Stavroula", "Despina", "Vasiliki", "Foteini", "Katerina"],
        ["Papadaki", "Georgiou", "Vlahou", "Kontou", "Nikolaidou", "Makri"],
    ),
    (
        ["Réka", "Gergő", "Ágnes", "Zsófia", "Bence", "Ildikó"],
        ["Szabó", "Horváth", "Kovács", "Molnár", "Fekete", "Vörös"],
    ),
    (
        ["Åsa", "Björn", "Linnéa", "Maja", "Torbjörn", "Ingrid"],
        ["Lindqvist", "Sjöberg", "Åkesson", "Holm", "Nyström", "Ek"],
    ),
    (
        ["Sina", "Tavita", "Moana", "Leilani", "Ioane", "Hine"],
        ["Faleolo", "Tuilagi", "Ngata", "Parata", "Leota", "Kereama"],
    ),
    (
        ["Arman", "Anahit", "Nino", "Levan", "Mariam", "Tamar"],
        ["Petrosyan", "Sargsyan", "Beridze", "Kapanadze", "Gelashvili", "Hakobyan"],
    ),
    (
        ["Parisa", "Dariush", "Shirin", "Nasim", "Kaveh", "Mahnaz"],
        ["Ahmadi", "Karimi", "Rostami", "Jafari", "Moradi", "Sadeghi"],
    ),
    (
        ["Siti", "Azlan", "Nurul", "Faridah", "Hafiz", "Rosnah"],
        ["Rahman", "Ismail", "Yusof", "Salleh", "Osman", "Hassan"],
    ),
];

/// So many names, none twice; the first ones stay the same when more are asked for.
pub(super) fn choose(count: usize, property: &str, seed: Seed) -> Vec<String> {
    let mut all: Vec<(u64, String)> = NAMES
        .iter()
        .flat_map(|(given, family)| {
            given.iter().flat_map(move |given| family.iter().map(move |family| (given, family)))
        })
        .map(|(given, family)| {
            let name = format!("{given} {family}");
            (seed.draw("name", &format!("{property}\0{name}")), name)
        })
        .collect();
    all.sort_unstable();
    // A house with more people than the list has names tells them apart by a number, as houses do.
    (0..count)
        .map(|index| match (&all[index % all.len()].1, index / all.len()) {
            (name, 0) => name.clone(),
            (name, again) => format!("{name} {}", again + 1),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_is_called_like_anybody_else() {
        let names = choose(1500, "city-hotel", Seed(1));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 1500);
        assert_eq!(names[..40], choose(40, "city-hotel", Seed(1)));
        assert_ne!(names[..40], choose(40, "city-hotel", Seed(2)));
        let lists: BTreeSet<_> = NAMES.iter().map(|(given, family)| (given, family)).collect();
        assert_eq!(lists.len(), NAMES.len());
    }
}
