import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;

/** Writes the certificates of a PEM file into a store that Java reads. usage: TrustStore.java FILE STORE */
class TrustStore {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry(String.format("certificate-%04d", number++), certificate);
            }
        }
        try (FileOutputStream file = new FileOutputStream(arguments[1])) {
            store.store(file, null);
        }
    }
}
